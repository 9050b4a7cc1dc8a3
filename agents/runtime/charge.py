"""When the members' vehicles charge: planned with every slot, from what is expected until each departure.

A vehicle comes after its home's battery: what home and battery are expected to need is the plan's own need. A member
that has paused trading charges by habit.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from domain.site import DeviceKind
from market.bidding import Situation, expected_position_wh, prospect_of
from market.charging import Charging, Parked, plan_charging
from market.storage.charger import fleet_of
from memory.devices import setpoints
from services.context import TradeContext
from services.outlook import Expected
from services.vehicles.parking import expectation


class ChargingDay(NamedTuple):
    """The situation with the vehicles' plans in it; what each charger is told for the slot, (charge, discharge) in Wh
    by site id; and why, by site id (services.vehicles.vehicle_story tells it): what the vehicle lacks, the slot in
    which it
    departs, the price expected now, least and highest while it is home until then, and what it will still lack.
    """

    situation: Situation
    told: dict[str, tuple[int, int]]
    reasons: dict[str, dict[str, int]]


def with_vehicles(tx: Connection, ctx: TradeContext, situation: Situation, expected: Expected) -> ChargingDay:
    """Plan every vehicle that is expected at its charger when the slot starts."""
    if not ctx.roster.vehicles:
        return ChargingDay(situation, {}, {})
    slot, position = situation.slot, np.array(list(ctx.roster.vehicles), np.int64)
    told = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, slot - ctx.time.unknown + 1, slot - 1)
    coming = expectation(ctx, slot, expected, told)
    rows = np.flatnonzero(coming.home[:, 0] & situation.mandates.active[position])
    if not rows.size:
        return ChargingDay(situation, {}, {})
    at, names = position[rows], [ctx.roster.ids[each] for each in position[rows]]
    fleet = fleet_of([ctx.roster.vehicles[each] for each in at.tolist()], ctx.time.slot_min)
    over_wh = expected_position_wh(situation)
    parked = Parked(
        coming.home[rows],
        coming.stored_wh[rows],
        fleet.slots_left(ctx.time.place_in_day(slot)),
        -over_wh[at],
        situation.alternative_mjpy_per_kwh[at],
    )
    plan = plan_charging(fleet, parked, prospect_of(situation, over_wh), names)
    vehicles_wh = np.zeros_like(over_wh)
    vehicles_wh[at] = plan.taken_wh
    asked = zip(names, *(column.tolist() for column in plan.told), strict=True)
    return ChargingDay(
        replace(situation, vehicles_wh=vehicles_wh),
        {name: (charge_wh, discharge_wh) for name, charge_wh, discharge_wh in asked},
        dict(zip(names, _reasons(slot, fleet.asked_wh, parked, plan), strict=True)),
    )


def _reasons(slot: int, asked_wh: Column, parked: Parked, plan: Charging) -> list[dict[str, int]]:
    until = parked.home & (np.arange(parked.home.shape[1]) < parked.left[:, None])
    now = plan.cost_mjpy_per_kwh[:, :1]
    expected = np.where(until, plan.cost_mjpy_per_kwh, now)
    columns = {
        "lacks_wh": np.maximum(asked_wh - parked.stored_wh, 0),
        "departs": slot + parked.left,
        "now_mjpy_per_kwh": now[:, 0],
        "low_mjpy_per_kwh": expected.min(axis=1),
        "high_mjpy_per_kwh": expected.max(axis=1),
        "short_wh": plan.missing_wh,
    }
    return [dict(zip(columns, row, strict=True)) for row in np.stack(list(columns.values()), axis=1).tolist()]
