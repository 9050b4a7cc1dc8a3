"""What became of a slot: ``GET /api/v1/slots/{slot}``. Sums only, nothing about a single member."""

from collections import Counter

from fastapi import APIRouter, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.problem import Refused, of_item
from gateways.http.span import Slot
from gateways.http.tag import tagged
from memory.trading import clearings, contracts

ROUTER = APIRouter(tags=["slots"])


class SlotItem(Answer):
    """A cleared slot. price: null when nothing traded. contracts: how many are in each state."""

    slot: int
    start: AwareDatetime
    end: AwareDatetime
    price_mjpy_per_kwh: int | None
    volume_wh: int
    offered_wh: int
    contracts: dict[str, int]


@ROUTER.get("/slots/{slot}", summary="Read what became of a slot", response_model=SlotItem, responses=of_item())
def get_slot(request: Request, slot: Slot) -> Response:
    """Price, volume and the states of the contracts of one slot. 404 before it was cleared."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        cleared = clearings.get(tx, slot)
        states = Counter(str(each.state) for each in contracts.of_slot(tx, slot))
    if cleared is None:
        raise Refused(404, "unknown_slot", f"slot {slot} ({doors.time.label(slot)}) was not cleared")
    found, zone = doors.time.slot(slot), doors.time.zone
    item = SlotItem(
        slot=slot,
        start=found.local_start(zone),
        end=found.end.astimezone(zone),
        price_mjpy_per_kwh=cleared.price_mjpy_per_kwh,
        volume_wh=cleared.volume_wh,
        offered_wh=cleared.offered_wh,
        contracts=dict(sorted(states.items())),
    )
    return tagged(request, item)
