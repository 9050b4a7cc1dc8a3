"""Trades that move nothing and orders that agree too well.

A wash trade has one beneficial owner on both sides. A circle is A sells to B, B to C, C to A in one slot, each leg
alike in energy and mean price: everybody is where he was, but volume and price look like a market. A ring is owners
whose orders agree in side, limit and energy slot after slot. Orders at the limit that their owner's tariff, mandate and
devices make join nobody: homes of one make do agree there.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from domain.order import Column
from market.surveillance.finding import Finding, Pattern, Thresholds
from market.surveillance.observed import Deals, Lives, groups

Leg = tuple[int, int]  # energy in Wh and mean price in mJPY/kWh, rounded down


def wash_trades(deals: Deals, owner: Column, thresholds: Thresholds) -> Iterator[Finding]:
    """One owner on both sides of a trade, summed up by slot and owner. owner: Shape (parties,), int64."""
    own = owner[deals.seller] == owner[deals.buyer]
    keys = np.stack((deals.slot[own], owner[deals.seller[own]]))
    for (slot, who), rows in groups(keys):
        energy_wh = int(deals.energy_wh[own][rows].sum())
        if energy_wh >= thresholds.wash_min_wh:
            yield Finding(Pattern.WASH_TRADE, (who,), (), (slot,), energy_wh, thresholds.wash_min_wh)


def circular_trades(deals: Deals, owner: Column, thresholds: Thresholds) -> Iterator[Finding]:
    """Every circle of two owners or more in one slot, once, by its owners. owner: Shape (parties,), int64."""
    for (slot,), rows in groups(deals.slot[None]):
        legs = _legs(deals, rows, owner, thresholds)
        for circle in _circles(legs, thresholds):
            energy_wh = min(legs[a][b][0] for a, b in zip(circle, (*circle[1:], circle[0]), strict=True))
            who = tuple(sorted(circle))
            yield Finding(Pattern.CIRCULAR_TRADE, who, (), (slot,), energy_wh, thresholds.circle_min_wh)


def _legs(deals: Deals, rows: Column, owner: Column, thresholds: Thresholds) -> dict[int, dict[int, Leg]]:
    """Who sold to whom, large enough; only owners that both sold and bought can be in a circle."""
    seller, buyer = owner[deals.seller[rows]], owner[deals.buyer[rows]]
    both = np.intersect1d(seller, buyer)
    rows = rows[np.isin(seller, both) & np.isin(buyer, both) & (seller != buyer)]
    legs: dict[int, dict[int, Leg]] = defaultdict(dict)
    for (a, b), found in groups(np.stack((owner[deals.seller[rows]], owner[deals.buyer[rows]]))):
        energy_wh = deals.energy_wh[rows[found]]
        value_ujpy = int(energy_wh @ deals.price_mjpy_per_kwh[rows[found]])
        total_wh = int(energy_wh.sum())
        if total_wh >= thresholds.circle_min_wh:
            legs[a][b] = (total_wh, value_ujpy // total_wh)
    return legs


def _circles(legs: dict[int, dict[int, Leg]], thresholds: Thresholds) -> Iterator[tuple[int, ...]]:
    """Paths that come back to their least owner, every leg alike."""
    stack: list[tuple[tuple[int, ...], tuple[Leg, ...]]] = [
        ((a, b), (leg,)) for a, out in legs.items() for b, leg in out.items() if b > a
    ]
    while stack:
        path, seen = stack.pop()
        for following, leg in legs.get(path[-1], {}).items():
            if not _alike((*seen, leg), thresholds):
                continue
            if following == path[0]:
                yield path
            elif following > path[0] and following not in path and len(path) < thresholds.circle_parties_max:
                stack.append(((*path, following), (*seen, leg)))


def _alike(legs: tuple[Leg, ...], thresholds: Thresholds) -> bool:
    """Do energies and prices each lie within the spread of the largest?"""
    return all(
        (max(values) - min(values)) * 1_000 <= thresholds.circle_spread_permille * max(values)
        for values in zip(*legs, strict=True)
    )


def identical_orders(lives: Lives, owner: Column, thresholds: Thresholds) -> Iterator[Finding]:
    """Owners that agree pairwise in enough slots, joined to rings. owner: Shape (parties,), int64."""
    together: dict[tuple[int, int], set[int]] = defaultdict(set)
    for slot, who in _agreements(lives, owner, thresholds):
        for pair in combinations(who, 2):
            together[pair].add(slot)
    often = {pair: slots for pair, slots in together.items() if len(slots) >= thresholds.ring_slots_min}
    for ring in _joined(often):
        if len(ring) >= thresholds.ring_parties_min:
            slots = set.union(*(slots for pair, slots in often.items() if pair[0] in ring))
            when = tuple(sorted(slots))
            yield Finding(Pattern.IDENTICAL_ORDERS, ring, (), when, len(when), thresholds.ring_slots_min)


def _agreements(lives: Lives, owner: Column, thresholds: Thresholds) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Slot and owners of orders that agree in side, limit and energy, and not because tariffs and devices do."""
    chosen = np.flatnonzero(lives.limit_mjpy_per_kwh != lives.own_limit_mjpy_per_kwh)
    keys = np.stack((lives.slot, lives.side, lives.limit_mjpy_per_kwh, lives.energy_wh))[:, chosen]
    for (slot, *_), same in groups(keys):
        who = np.unique(owner[lives.party[chosen[same]]])
        if len(who) >= thresholds.ring_parties_min:
            yield slot, tuple(who.tolist())


def _joined(pairs: dict[tuple[int, int], set[int]]) -> list[tuple[int, ...]]:
    """The connected groups of a graph of pairs, each sorted, in the order of their least."""
    group_of: dict[int, set[int]] = {}
    for pair in pairs:
        merged = set(pair).union(*(group_of.get(each, set()) for each in pair))
        group_of.update(dict.fromkeys(merged, merged))
    return sorted({tuple(sorted(group)) for group in group_of.values()})
