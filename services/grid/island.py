"""The community as an island: whether a slot was one, and what its operator is told to do in it.

The plan rests on the slot's forecasts (the median of use and sun) and on what batteries held when they were last heard.
It is for people: chargers wait in an island by themselves (``device_limits``), what a home draws is not Gridpact's to
command.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, RuleBroken
from domain.grid_signal import Extent
from domain.grid_state import islands
from domain.order import Column
from domain.slot import Slot
from market.island import IslandMeans, IslandPlan, plan_island
from memory.devices import readings
from memory.grid import grid_signals
from memory.trading import forecasts
from services.context import TradeContext

FIRST, USUAL, LAST = range(3)
PERMILLE = 1_000


class SitePlan(NamedTuple):
    """What one site does in an island slot, Wh. shed_wh: what it wants and does not get."""

    site: str
    served_wh: int
    shed_wh: int
    discharge_wh: int
    charge_wh: int
    curtailed_wh: int


def is_islanded(tx: Connection, slot: Slot) -> bool:
    """Whether any part of a slot passed with the whole feeder cut off from the grid."""
    whole = [each for each in islands(grid_signals.every(tx)) if each.signal.extent is Extent.FEEDER]
    return any(max(each.signal.starts, slot.start) < min(each.over, slot.end) for each in whole)


def island_plan(
    tx: Connection, ctx: TradeContext, slot: int, first: Collection[str], last: Collection[str]
) -> list[SitePlan]:
    """The plan of a slot, sites in order. first: whose use is critical; last: whose use is shed before anybody else's.

    Raises InputRefused on sites nobody knows, RuleBroken when the slot was never forecast.
    """
    if unknown := sorted({*first, *last} - set(ctx.roster.ids)):
        raise InputRefused([Fault("sites", "unknown_site", f"no site is called {name}") for name in unknown])
    expected = forecasts.of_slots(tx, slot, slot, ctx.roster.ids)
    if (expected["load_p50"] < 0).any():
        raise RuleBroken(f"slot {slot} was not forecast: its book has not closed")
    discharge_wh, charge_wh = _storage(tx, ctx, slot)
    priority = [FIRST if site in first else LAST if site in last else USUAL for site in ctx.roster.ids]
    load_wh = expected["load_p50"][:, 0]
    columns = (expected["pv_p50"][:, 0], load_wh, discharge_wh, charge_wh, np.array(priority, np.int64))
    plan = plan_island(IslandMeans(*columns))
    return _by_site(ctx.roster.ids, load_wh, plan)


def _by_site(sites: list[str], load_wh: Column, plan: IslandPlan) -> list[SitePlan]:
    columns = (plan.served_wh, load_wh - plan.served_wh, plan.discharge_wh, plan.charge_wh, plan.curtailed_wh)
    return [SitePlan(site, *map(int, row)) for site, *row in zip(sites, *columns, strict=True)]


def _storage(tx: Connection, ctx: TradeContext, slot: int) -> tuple[Column, Column]:
    """What batteries can give and take in the slot at their meters. Two of shape (sites,), Wh, rounded down."""
    stored = readings.history(tx, ctx.roster.ids, slot - ctx.time.per_day, slot)["stored_wh"]
    discharge_wh, charge_wh = np.zeros((2, len(ctx.roster.ids)), np.int64)
    for at, battery in ctx.roster.batteries.items():
        heard = stored[at][stored[at] >= 0]
        held_wh = int(heard[-1]) if len(heard) else 0
        free_wh, room_wh = max(held_wh - battery.reserve_wh, 0), max(battery.capacity_wh - held_wh, 0)
        discharge_wh[at] = min(free_wh * battery.efficiency_permille // PERMILLE, battery.power_wh_per_slot)
        charge_wh[at] = min(room_wh * PERMILLE // battery.efficiency_permille, battery.power_wh_per_slot)
    return discharge_wh, charge_wh
