"""Why a member's vehicle charged in a slot or waited: what its agent knew when it told the charger, and what it did."""

from typing import Any

from sqlalchemy import Connection

from domain.site import DeviceKind
from memory.books import steps
from memory.devices import readings, setpoints
from services.context import TradeContext


def vehicle_facts(tx: Connection, ctx: TradeContext, site_id: str, slot: int) -> dict[str, Any]:
    """The facts of one site's slot, those of the bid and the meter's; none without a vehicle. Wh, mJPY/kWh."""
    if ctx.roster.position[site_id] not in ctx.roster.vehicles:
        return {}
    took_wh, gave_wh = (
        max(int(readings.history(tx, [site_id], slot, slot)[f"vehicle_{name}_wh"][0, 0]), 0)
        for name in ("charge", "discharge")
    )
    told = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, slot, slot).get(slot, {}).get(site_id)
    if told is None:
        return {"vehicle_by_habit_wh": took_wh} if took_wh else {}
    bid = steps.find(tx, ctx.thread(slot), "bid")
    assert bid is not None, "a charger is told what its bid's step planned"
    reason = bid["vehicles"][site_id]
    done = {"vehicle_took_wh": took_wh, "vehicle_gave_wh": gave_wh, "vehicle_short_wh": reason["short_wh"]}
    prices = {f"vehicle_{name}": reason[name] for name in reason if name.endswith("_mjpy_per_kwh")}
    return {
        **_planned(*told, reason["lacks_wh"]),
        "vehicle_departs": ctx.time.label(reason["departs"]),
        **prices,
        **{name: value for name, value in done.items() if value},
    }


def _planned(charge_wh: int, discharge_wh: int, lacks_wh: int) -> dict[str, Any]:
    if discharge_wh:
        return {"vehicle_gives_wh": discharge_wh}
    if not lacks_wh:
        return {"vehicle_ready": True}
    return {"vehicle_lacks_wh": lacks_wh} | ({"vehicle_told_wh": charge_wh} if charge_wh else {"vehicle_waits": True})
