"""Charging profiles: what the market asks of a charger, as the charger itself is to keep to it.

Two profiles for whatever transaction goes on. The lower one is the safe default, without an end: what holds while the
market is silent. The upper one is the plan of the slots whose books have closed; it ends by itself with the last of
them, so that a charger that hears nothing more falls back to the default. Nothing here asks a charger to stop for good.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from domain.slot import MINUTES_PER_HOUR, Slot
from gateways.ocpp.frame import Version

DEFAULT_ID, PLAN_ID = 1, 2
PURPOSE = "TxDefaultProfile"
MAINS_V = 200
"""What a current is worth where a charger takes no power: a home's single phase in Japan."""

Unit: TypeAlias = Literal["W", "A"]
Request: TypeAlias = tuple[str, dict[str, Any]]


class Plan(NamedTuple):
    """Limits from a moment on, in W, each with the seconds after it; the whole ends at ``ends``."""

    begins: datetime
    ends: datetime
    limits_w: tuple[tuple[int, int], ...]


def plan_of(charge_wh: Mapping[int, int], first_slot: int, slot_min: int, full_w: int) -> Plan | None:
    """The plan of the slots asked for, from the first one on; None when nothing is asked.

    charge_wh: by slot. A slot between two of them of which nothing is said is left to the charger's full power.
    """
    asked = {slot: wh for slot, wh in charge_wh.items() if slot >= first_slot}
    if not asked:
        return None
    slots = range(min(asked), max(asked) + 1)
    limits_w = [min(full_w, asked[slot] * MINUTES_PER_HOUR // slot_min) if slot in asked else full_w for slot in slots]
    steps = [
        (place * slot_min * 60, limit_w)
        for place, limit_w in enumerate(limits_w)
        if place == 0 or limits_w[place - 1] != limit_w
    ]
    return Plan(Slot(slots[0], slot_min).start, Slot(slots[-1], slot_min).end, tuple(steps))


def default_request(version: Version, safe_w: int, unit: Unit) -> Request:
    """Set what holds while the market is silent."""
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": [_period(0, safe_w, unit)]}
    return _setting(version, DEFAULT_ID, 0, {"chargingProfileKind": "Relative"}, schedule)


def plan_request(version: Version, plan: Plan, unit: Unit) -> Request:
    """Set the plan in place of the one before."""
    schedule = {
        "duration": (plan.ends - plan.begins) // timedelta(seconds=1),
        "startSchedule": _written(plan.begins),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [_period(start_s, limit_w, unit) for start_s, limit_w in plan.limits_w],
    }
    lasts = {"validFrom": _written(plan.begins), "validTo": _written(plan.ends)}
    return _setting(version, PLAN_ID, 1, {"chargingProfileKind": "Absolute", **lasts}, schedule)


def clear_request(version: Version) -> Request:
    """Take the plan away; the default stays."""
    return "ClearChargingProfile", {"id": PLAN_ID} if version == "1.6" else {"chargingProfileId": PLAN_ID}


def _setting(version: Version, number: int, level: int, kind: dict[str, Any], schedule: dict[str, Any]) -> Request:
    if version == "1.6":
        profile = {"chargingProfileId": number, "chargingSchedule": schedule}
        return "SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile | _of_all(level) | kind}
    profile = {"id": number, "chargingSchedule": [{"id": number, **schedule}]}
    return "SetChargingProfile", {"evseId": 0, "chargingProfile": profile | _of_all(level) | kind}


def _of_all(level: int) -> dict[str, Any]:
    return {"stackLevel": level, "chargingProfilePurpose": PURPOSE}


def _period(start_s: int, limit_w: int, unit: Unit) -> dict[str, Any]:
    """One step. Amperes have one digit after the point, rounded down."""
    limit = limit_w if unit == "W" else limit_w * 10 // MAINS_V / 10
    return {"startPeriod": start_s, "limit": limit} | ({"numberPhases": 1} if unit == "A" else {})


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
