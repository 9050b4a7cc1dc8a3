"""Small random sessions and an oracle that tries every acceptance, every spread and every price."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from domain.block_order import BlockOrder
from domain.flexible_load import FlexibleLoad
from domain.order import Book, Side
from domain.tariff import Corridor
from market.blocks.session import Session

TINY = Corridor(0, 7)


def random_session(chance: np.random.Generator, blocks_max: int, loads_max: int, slots: int = 3) -> Session:
    """Prices of 0 to 7 and a few Wh, so that ties and paradoxical blocks are common."""
    books = {slot: _tiny_book(chance) for slot in range(10, 10 + slots)}
    blocks = [_random_block(chance, at, slots) for at in range(int(chance.integers(0, blocks_max + 1)))]
    loads = [_random_load(chance, at, slots) for at in range(int(chance.integers(0, loads_max + 1)))]
    return Session(books, tuple(blocks), tuple(loads), TINY)


def _tiny_book(chance: np.random.Generator) -> Book:
    count = int(chance.integers(0, 5))
    columns = chance.integers(0, 2, count), chance.integers(0, 8, count), chance.integers(1, 5, count)
    return Book(np.arange(count), *columns, chance.permutation(count))


def _random_block(chance: np.random.Generator, at: int, slots: int) -> BlockOrder:
    """A third divides, a third has an earlier parent, a third stands in a group."""
    count = int(chance.integers(1, slots + 1))
    where = tuple(sorted((10 + chance.choice(slots, count, replace=False)).tolist()))
    kind, divides = chance.integers(0, 3), chance.integers(0, 3) == 0
    lot_wh = chance.integers(1, 4, count) * (int(chance.integers(2, 4)) if divides else 1)
    return BlockOrder(
        id=f"b{at}",
        site_id=f"s{at}",
        side=Side(int(chance.integers(0, 2))),
        limit_mjpy_per_kwh=int(chance.integers(0, 8)),
        slots=where,
        energy_wh=tuple(lot_wh.tolist()),
        entered=at,
        least_permille=int(chance.choice([300, 500, 600])) if divides else 1000,
        parent=f"b{chance.integers(0, at)}" if kind == 1 and at else None,
        group=f"g{chance.integers(0, 2)}" if kind == 2 else None,
    )


def _random_load(chance: np.random.Generator, at: int, slots: int) -> FlexibleLoad:
    first = 10 + int(chance.integers(0, slots))
    last = int(chance.integers(first, 10 + slots))
    limit, energy_wh, most_wh = (int(chance.integers(1, top)) for top in (8, 5, 4))
    return FlexibleLoad(f"l{at}", f"t{at}", limit, energy_wh, most_wh, first, last, at)


def best_welfare(session: Session) -> int:
    """The greatest welfare over all acceptances and spreads for which prices exist that suit everybody."""
    known: dict[tuple[int, int], tuple[int | None, list[int]]] = {}
    best = 0
    for lots in _acceptances(session):
        for spreads in product(*(_spreads(load) for load in session.loads)):
            best = max(best, _welfare(session, lots, spreads, known, best))
    return best


def _acceptances(session: Session) -> Iterator[tuple[int, ...]]:
    """Every way to accept blocks that keeps to links, groups and least parts."""
    choices = [(0, *range(block.lots_min, block.lots + 1)) for block in session.blocks]
    for lots in product(*choices):
        accepted = {block.id: block for block, count in zip(session.blocks, lots, strict=True) if count}
        groups = [block.group for block in accepted.values() if block.group is not None]
        if len(groups) == len(set(groups)) and all(
            block.parent is None or block.parent in accepted for block in accepted.values()
        ):
            yield lots


def _spreads(load: FlexibleLoad) -> list[tuple[int, ...]]:
    every = product(range(load.slot_wh_max + 1), repeat=len(load.window))
    return [wh for wh in every if sum(wh) <= load.energy_wh]


def _welfare(
    session: Session,
    lots: tuple[int, ...],
    spreads: tuple[tuple[int, ...], ...],
    known: dict[tuple[int, int], tuple[int | None, list[int]]],
    least: int,
) -> int:
    """The welfare of an outcome, or zero when it is impossible, not above ``least``, or no prices suit everybody."""
    net_wh = dict.fromkeys(session.books, 0)
    worth = 0
    for block, count in zip(session.blocks, lots, strict=True):
        sign = 1 if block.side == Side.SELL else -1
        for slot, wh in zip(block.slots, block.energy_wh, strict=True):
            net_wh[slot] += sign * count * (wh // block.lots)
            worth -= sign * count * (wh // block.lots) * block.limit_mjpy_per_kwh
    for load, taken_wh in zip(session.loads, spreads, strict=True):
        for slot, wh in zip(load.window, taken_wh, strict=True):
            net_wh[slot] -= wh
            worth += wh * load.limit_mjpy_per_kwh
    ranges = []
    for slot, wh in net_wh.items():
        if (slot, wh) not in known:
            known[slot, wh] = _slot(session.books[slot], session.corridor, wh)
        simple, suitable = known[slot, wh]
        if simple is None:
            return 0
        worth += simple
        ranges.append(suitable)
    if worth <= least:
        return 0
    for prices in product(*ranges):
        if suits(session, dict(zip(session.books, prices, strict=True)), lots, spreads):
            return worth
    return 0


def _slot(book: Book, corridor: Corridor, net_wh: int) -> tuple[int | None, list[int]]:
    """Welfare of the simple orders around what comes in from outside, by trying every volume, and every price at which
    each of them is content with some such filling."""
    bids = sorted((int(p) for p, q, s in _rows(book) if s == Side.BUY for _ in range(q)), reverse=True)
    asks = sorted(int(p) for p, q, s in _rows(book) if s == Side.SELL for _ in range(q))
    volumes = [bought for bought in range(len(bids) + 1) if 0 <= bought - net_wh <= len(asks)]
    if not volumes:
        return None, []
    simple = max(sum(bids[:bought]) - sum(asks[: bought - net_wh]) for bought in volumes)
    prices = [
        price
        for price in range(corridor.floor, corridor.cap + 1)
        if sum(bid > price for bid in bids) <= sum(ask <= price for ask in asks) + net_wh
        and sum(ask < price for ask in asks) + net_wh <= sum(bid >= price for bid in bids)
    ]
    return simple, prices


def _rows(book: Book) -> Iterator[tuple[int, int, int]]:
    yield from zip(book.limit_mjpy_per_kwh.tolist(), book.energy_wh.tolist(), book.side.tolist(), strict=True)


def suits(
    session: Session, prices: dict[int, int], lots: tuple[int, ...], spreads: tuple[tuple[int, ...], ...]
) -> bool:
    """Does no accepted block lose, and could no load do better with another spread?"""
    for block, count in zip(session.blocks, lots, strict=True):
        gain = sum(
            (prices[s] - block.limit_mjpy_per_kwh) * wh for s, wh in zip(block.slots, block.energy_wh, strict=True)
        )
        if count and (gain if block.side == Side.SELL else -gain) < 0:
            return False
    for load, taken_wh in zip(session.loads, spreads, strict=True):
        gains = [load.limit_mjpy_per_kwh - prices[slot] for slot in load.window]
        best = max(sum(g * wh for g, wh in zip(gains, other, strict=True)) for other in _spreads(load))
        if sum(g * wh for g, wh in zip(gains, taken_wh, strict=True)) < best:
            return False
    return True
