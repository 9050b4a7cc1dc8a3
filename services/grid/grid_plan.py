"""What the community plans to take from the grid and to give to it in a day, after trading, for its balancing group.

A slot's demand is what the members' agents bid for, its generation what they offered, both with what was traded early;
what contracts that hold move between members never meets the market. The plan counts in whole kWh, as balancing plans
do: demand, generation and the traded part are each rounded half up, the rest is their difference, so a plan balances.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.order import Column, Side
from memory.trading import clearings, contracts, orders, trades
from services.market_time import MarketTime
from services.orders.order_book import parsed_id
from services.orders.positions import HOLDS

WH_PER_KWH = 1_000


class GridPlan(NamedTuple):
    """One day, each column shape (slots,), int64, whole kWh. inside: what members trade with each other, part of both
    demand and generation."""

    day: date
    demand_kwh: Column
    generation_kwh: Column
    inside_kwh: Column

    @property
    def from_grid_kwh(self) -> Column:
        """What has to be bought outside."""
        return self.demand_kwh - self.inside_kwh

    @property
    def to_grid_kwh(self) -> Column:
        """What is sold outside."""
        return self.generation_kwh - self.inside_kwh


def plan_of_day(tx: Connection, time: MarketTime, day: date) -> GridPlan:
    """The plan of a day. Raises RuleBroken naming the first slot that is not cleared yet: nothing is planned on a
    guess."""
    slots = time.slots_of(day)
    cleared = {each.slot for each in clearings.between(tx, slots[0], slots[-1])}
    if missing := [slot for slot in slots if slot not in cleared]:
        message = f"{len(missing)} slots of {day} are not cleared, the first is {time.label(missing[0])}"
        raise RuleBroken(f"{message}: a plan is written when the day is")
    return rounded_plan(day, *_energies_wh(tx, slots))


def rounded_plan(day: date, demand_wh: Column, generation_wh: Column, inside_wh: Column) -> GridPlan:
    """The plan of three columns in Wh, shape (slots,), the last never above the others. Rounds half up to kWh."""
    assert (inside_wh <= np.minimum(demand_wh, generation_wh)).all(), "what is traded inside is part of both"
    half = WH_PER_KWH // 2
    return GridPlan(day, *((each + half) // WH_PER_KWH for each in (demand_wh, generation_wh, inside_wh)))


def _energies_wh(tx: Connection, slots: list[int]) -> tuple[Column, Column, Column]:
    """Demand, generation and what is traded inside, shape (slots,), Wh."""
    first = slots[0]
    demand_wh, generation_wh, inside_wh = np.zeros((3, len(slots)), np.int64)
    for contract in contracts.between(tx, first, slots[-1]):
        inside_wh[contract.slot - first] += contract.standing_wh if contract.state in HOLDS else 0
    for trade in trades.between(tx, first, slots[-1]):
        early_wh = trade.energy_wh if trade.early else 0
        demand_wh[trade.slot - first] += early_wh
        generation_wh[trade.slot - first] += early_wh
    for slot in slots:
        for order in orders.admitted_of_slot(tx, slot):
            if parsed_id(order.id) is None:
                column = demand_wh if order.side is Side.BUY else generation_wh
                column[slot - first] += order.energy_wh
    return np.maximum(demand_wh, inside_wh), np.maximum(generation_wh, inside_wh), inside_wh
