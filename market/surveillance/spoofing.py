"""Spoofing: large orders that show what nobody intends, cancelled unexecuted while their owner trades the other way.

A large bid makes prices look like rising; its owner sells meanwhile, and takes the bid back. An order is judged by its
size beside the slot's median order, by how little of it was executed, and by what its owner traded on the other side
while it stood.
"""

from collections.abc import Iterator

import numpy as np

from domain.order import Column, Side
from market.surveillance.finding import Finding, Pattern, Thresholds
from market.surveillance.observed import Deals, Lives, groups


def spoofing(lives: Lives, deals: Deals, owner: Column, thresholds: Thresholds) -> Iterator[Finding]:
    """One finding a slot, owner and side. Its value is the cancelled energy of large orders in permille of what the
    owner traded on the other side while any of them stood, rounded down. owner: Shape (parties,), int64.
    """
    suspects = _large_and_cancelled(lives, thresholds)
    keys = np.stack((lives.slot[suspects], owner[lives.party[suspects]], lives.side[suspects]))
    for (slot, who, _), found in groups(keys):
        rows = suspects[found]
        meanwhile_wh, behind = _traded_meanwhile(lives, deals, owner, rows)
        cancelled_wh = int((lives.energy_wh - lives.filled_wh)[rows[behind]].sum())
        ratio = cancelled_wh * 1_000 // meanwhile_wh if meanwhile_wh else 0
        if meanwhile_wh and ratio >= thresholds.spoof_ratio_permille:
            yield Finding(Pattern.SPOOFING, (who,), (), (slot,), ratio, thresholds.spoof_ratio_permille)


def _large_and_cancelled(lives: Lives, thresholds: Thresholds) -> Column:
    """Rows of cancelled orders that are large beside their slot's median and hardly executed."""
    large = np.zeros(len(lives.slot), np.bool_)
    for _, rows in groups(lives.slot[None]):
        energy_wh = lives.energy_wh[rows]
        median_wh = np.sort(energy_wh)[(len(rows) - 1) // 2]
        large[rows] = energy_wh * 1_000 >= thresholds.spoof_size_permille * median_wh
    unexecuted = lives.filled_wh * 1_000 <= thresholds.spoof_filled_permille * lives.energy_wh
    return np.flatnonzero(large & unexecuted & (lives.cancelled > 0))


def _traded_meanwhile(lives: Lives, deals: Deals, owner: Column, rows: Column) -> tuple[int, Column]:
    """What the owner of these orders, all of one slot and side, traded on the other side while any of them stood, Wh;
    and which of them stood then, as positions in ``rows``.
    """
    who, side, slot = owner[lives.party[rows[0]]], lives.side[rows[0]], lives.slot[rows[0]]
    party = deals.buyer if side == Side.SELL else deals.seller
    own = np.flatnonzero((deals.slot == slot) & (owner[party] == who))
    stood = (lives.entered[rows][:, None] <= deals.moment[own]) & (deals.moment[own] <= lives.left[rows][:, None])
    return int(deals.energy_wh[own[stood.any(axis=0)]].sum()), np.flatnonzero(stood.any(axis=1))
