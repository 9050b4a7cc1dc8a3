"""Honest trading made up from a seed, for surveillance to find nothing in: homes, a trader on both sides, meters."""

from typing import Any

import numpy as np
from books import CORRIDOR

from domain.order import Book, Column
from market.auction.clearing import clear
from market.auction.matching import pair
from market.surveillance.observed import Deals, Exports, Lives, Observed, Plants

HOMES, TRADER, SPARE, SLOTS = 24, 24, 6, 8
TWINS = 5  # homes of one make: same side, energy and tariff in every slot
PARTIES = HOMES + 1 + SPARE  # the spare ones trade only where a test plants something
CALL_MOMENT = 1_000


def honest_day(seed: int) -> Observed:
    """Each slot every home stands on one side, at tariff or chosen limits, and may cancel; then one call trades."""
    chance = np.random.default_rng(seed)
    slots = [_slot(chance, slot) for slot in range(SLOTS)]
    lives, deals = (_joined(parts) for parts in zip(*slots, strict=True))
    return Observed(Deals(*deals), Lives(*lives), *_meters(chance), np.arange(PARTIES))


def _joined(parts: Any) -> list[Column]:
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def _slot(chance: np.random.Generator, slot: int) -> tuple[Lives, Deals]:
    """One slot's orders, some cancelled before the call, and its trades."""
    party = np.append(np.arange(HOMES), [TRADER, TRADER])
    side = np.append(chance.integers(0, 2, HOMES), [0, 1])
    energy_wh = chance.integers(400, 1_001, len(party))
    side[:TWINS], energy_wh[:TWINS] = side[0], energy_wh[0]
    own = np.where(side == 1, CORRIDOR.floor + 1_636, CORRIDOR.cap - 3_843)
    by_chance = (chance.integers(0, 2, len(party)) > 0) & (party >= TWINS)
    limit = np.where(by_chance, chance.integers(CORRIDOR.floor, CORRIDOR.cap + 1, len(party)), own)
    limit[-2:] = 13_000, 14_000
    entered = chance.permutation(len(party))
    cancelled = chance.integers(0, 8, len(party)) == 0
    standing = np.flatnonzero(~cancelled)
    book = Book(*(column[standing] for column in (party, side, limit, energy_wh, entered)))
    clearing = clear(book, CORRIDOR)
    trades = pair(book, clearing.filled_wh)
    filled_wh = np.zeros_like(energy_wh)
    filled_wh[standing] = clearing.filled_wh
    same, price = np.full(len(party), slot), np.full(len(trades.energy_wh), clearing.price_mjpy_per_kwh or 0)
    left = np.where(cancelled, entered + chance.integers(1, 900, len(party)), CALL_MOMENT)
    ended = cancelled.astype(np.int64)
    lives = Lives(same, party, side, limit, own, energy_wh, filled_wh, entered, left, ended)
    seller, buyer, when = party[standing[trades.sell_order]], party[standing[trades.buy_order]], 0 * price
    return lives, Deals(when + slot, when + CALL_MOMENT, seller, buyer, price, trades.energy_wh)


def _meters(chance: np.random.Generator) -> tuple[Exports, Plants]:
    """Every party's site: export within nameplate, in the dark next to nothing but where there is storage."""
    storage = chance.integers(0, 3, PARTIES) == 0
    most_wh = chance.integers(500, 3_001, PARTIES)
    slot, site = (grid.ravel() for grid in np.meshgrid(np.arange(SLOTS), np.arange(PARTIES)))
    dark = slot >= SLOTS // 2
    energy_wh = chance.integers(0, most_wh[site] + 1)
    energy_wh = np.where(dark & ~storage[site], chance.integers(0, 10, len(slot)), energy_wh)
    return Exports(slot, site, energy_wh, dark), Plants(np.arange(PARTIES), most_wh, storage)


def with_deals(observed: Observed, *deals: tuple[int, int, int, int, int, int]) -> Observed:
    """More trades: slot, moment, seller, buyer, price, energy."""
    added = np.array(deals, np.int64).T
    return observed._replace(deals=Deals(*(np.append(*each) for each in zip(observed.deals, added, strict=True))))


def with_lives(observed: Observed, *lives: tuple[int, ...]) -> Observed:
    """More orders, in the order of the columns of Lives."""
    added = np.array(lives, np.int64).T
    return observed._replace(lives=Lives(*(np.append(*each) for each in zip(observed.lives, added, strict=True))))


def with_export(observed: Observed, slot: int, site: int, energy_wh: int) -> Observed:
    """The same meters, but for one reading."""
    exports = observed.exports
    there = (exports.slot == slot) & (exports.site == site)
    return observed._replace(exports=exports._replace(energy_wh=np.where(there, energy_wh, exports.energy_wh)))
