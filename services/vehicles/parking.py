"""Which vehicles will be at their chargers when a slot starts, and what they will hold then.

The last reading is some slots old (seven in Japan). From there on a vehicle is expected where it usually is; one that
is home follows what its charger was told meanwhile, one that arrives holds what it usually brings.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from forecasting.presence import presence
from market.storage.charger import Fleet, Told, charge, fleet_of, habit
from market.storage.plan import Flags
from memory.devices.setpoints import Moves
from services.context import TradeContext
from services.outlook import Expected


class Expectation(NamedTuple):
    """home: shape (vehicles, slots of a day), from the traded slot on. stored_wh: shape (vehicles,), int64, Wh, when it
    starts.
    """

    home: Flags
    stored_wh: Column


def expectation(ctx: TradeContext, slot: int, expected: Expected, told: dict[int, Moves]) -> Expectation:
    """Every vehicle of the roster, in its order. told: what chargers were asked to do, by slot and site."""
    at, gap, fleet = (
        list(ctx.roster.vehicles),
        expected.gap,
        fleet_of(list(ctx.roster.vehicles.values()), ctx.time.slot_min),
    )
    past = ctx.histories.until(slot - ctx.time.unknown)
    stored_wh, took_wh, gave_wh = (past[f"vehicle_{name}_wh"][at] for name in ("stored", "charge", "discharge"))
    begun_wh = _begun_wh(fleet, stored_wh, took_wh, gave_wh)
    usual = presence(begun_wh, ctx.histories.first_slot, gap + ctx.time.per_day, str(ctx.zone), ctx.time.slot_min)
    net_wh = (expected.load_wh.expected - expected.pv_wh.expected)[at]
    here, content_wh = stored_wh[:, -1] > 0, stored_wh[:, -1]
    for step in range(gap):
        home, now = usual.home[:, step], expected.first_slot + step
        content_wh = np.where(home & ~here, usual.arrival_wh, content_wh)
        asked = _told(ctx, fleet, told.get(now, {}))
        left = fleet.slots_left(ctx.time.place_in_day(now))
        content_wh = charge(fleet, home, content_wh, left, net_wh[:, step], asked).stored_wh
        here = home
    arriving = usual.home[:, gap] & ~here
    return Expectation(usual.home[:, gap:], np.maximum(np.where(arriving, usual.arrival_wh, content_wh), 0))


def _begun_wh(fleet: Fleet, stored_wh: Column, took_wh: Column, gave_wh: Column) -> Column:
    """Content at the start of each slot in which the vehicle was home, to a Wh; else zero, or -1 when unknown."""
    permille = fleet.efficiency_permille[:, None]
    begun_wh = stored_wh - took_wh * permille // PERMILLE + gave_wh * PERMILLE // permille
    return np.where(stored_wh > 0, np.maximum(begun_wh, 1), stored_wh)


def _told(ctx: TradeContext, fleet: Fleet, charges: Moves) -> Told:
    """By vehicle; the habit where a charger was told nothing."""
    usual = zip(*(column.tolist() for column in habit(fleet)), strict=True)
    names = [ctx.roster.ids[at] for at in ctx.roster.vehicles]
    pairs = [charges.get(name, each) for name, each in zip(names, usual, strict=True)]
    return Told(*np.array(pairs, np.int64).reshape(-1, 2).T)
