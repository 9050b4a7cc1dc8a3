"""What became of a slot: ``GET /api/v1/slots/{slot}``. Sums only, nothing about a single member."""

from collections import Counter
from typing import Any

from fastapi import APIRouter, Path, Request

from gateways.http.doors import Doors
from gateways.http.problem import Refused
from memory import clearings, contracts

ROUTER = APIRouter(tags=["slots"])
SLOT_MAX = 2**31


@ROUTER.get("/slots/{slot}")
def get_slot(request: Request, slot: int = Path(ge=0, le=SLOT_MAX)) -> dict[str, Any]:
    """Price, volume and the states of the contracts of one slot. 404 before it was cleared."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        cleared = clearings.get(tx, slot)
        states = Counter(str(each.state) for each in contracts.of_slot(tx, slot))
    if cleared is None:
        raise Refused(404, "unknown_slot", f"slot {slot} ({doors.time.label(slot)}) was not cleared")
    found, zone = doors.time.slot(slot), doors.time.zone
    return {
        "slot": slot,
        "start": found.local_start(zone).isoformat(),
        "end": found.end.astimezone(zone).isoformat(),
        "price_mjpy_per_kwh": cleared.price_mjpy_per_kwh,
        "volume_wh": cleared.volume_wh,
        "offered_wh": cleared.offered_wh,
        "contracts": dict(sorted(states.items())),
    }
