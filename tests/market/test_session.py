"""Several slots cleared together: every acceptance and every price tried, on small sessions full of ties."""

import numpy as np
import pytest
from books import CORRIDOR, book_of, random_book
from sessions import TINY, best_welfare, random_session, suits

from domain.block_order import BlockOrder
from domain.errors import InputRefused
from domain.flexible_load import FlexibleLoad, in_one_piece
from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.clearing import clear
from market.blocks.clearing import Effort, SessionClearing, clear_session
from market.blocks.session import Session

BUY, SELL = Side.BUY, Side.SELL
NARROW = Corridor(5, 40)


def block(name: str, side: Side, limit: int, energy_wh: dict[int, int], **more: object) -> BlockOrder:
    """A block of a site of its own, in slots with their energy."""
    base = {"id": name, "site_id": name, "side": side, "limit_mjpy_per_kwh": limit, "entered": 0}
    return BlockOrder(**{**base, "slots": tuple(energy_wh), "energy_wh": tuple(energy_wh.values()), **more})  # type: ignore[arg-type]


def lots_of(session: Session, found: SessionClearing) -> tuple[int, ...]:
    """Accepted lots, block by block, in the session's order."""
    return tuple(found.blocks_wh[each.id] // sum(each.lot_wh) for each in session.blocks)


@pytest.mark.parametrize(("seed", "turns", "loads_max"), [(1, 250, 0), (2, 120, 2)])
def test_welfare_is_the_best_of_every_acceptance_and_price(seed: int, turns: int, loads_max: int) -> None:
    """Equality in micro-yen with an oracle that tries all, and the bound says that it is the optimum."""
    chance = np.random.default_rng(seed)
    for _ in range(turns):
        session = random_session(chance, 6, loads_max)
        found = clear_session(session)
        assert found.welfare_ujpy == found.bound_ujpy == best_welfare(session), session


@pytest.mark.parametrize("effort", [Effort(), Effort(turns_max=1), Effort(nodes_max=0)], ids=["all", "one", "root"])
def test_nobody_loses_and_energy_balances(effort: Effort) -> None:
    """With any effort: prices suit blocks and loads, every slot buys what it sells, and welfare is the sum of all."""
    chance = np.random.default_rng(3)
    for _ in range(100):
        session = random_session(chance, 8, 2)
        found = clear_session(session, effort)
        lots = lots_of(session, found)
        prices = {slot: each.price_mjpy_per_kwh or 0 for slot, each in found.slots.items()}
        without_loads = session._replace(loads=())
        assert suits(without_loads, prices, lots, ())
        assert found.welfare_ujpy <= found.bound_ujpy
        assert found.welfare_ujpy == _balanced_welfare(session, found, lots)


def _balanced_welfare(session: Session, found: SessionClearing, lots: tuple[int, ...]) -> int:
    """Adds everything up anew and asserts each slot's balance on the way."""
    welfare = 0
    for slot, book in session.books.items():
        filled = found.slots[slot].filled_wh
        assert np.all((filled >= 0) & (filled <= book.energy_wh))
        sign = np.where(book.side == BUY, 1, -1)
        net = -int(sign @ filled)
        welfare += int((sign * book.limit_mjpy_per_kwh) @ filled)
        for each, count in zip(session.blocks, lots, strict=True):
            wh = dict(zip(each.slots, each.lot_wh, strict=True)).get(slot, 0) * count * (1 if each.side == SELL else -1)
            net, welfare = net + wh, welfare - wh * each.limit_mjpy_per_kwh
        for load in session.loads:
            wh = dict(zip(load.window, found.loads_wh[load.id], strict=True)).get(slot, 0)
            net, welfare = net - wh, welfare + wh * load.limit_mjpy_per_kwh
        assert net == 0
    return welfare


def test_without_blocks_every_slot_is_the_call_auction() -> None:
    """No blocks, no loads: slot by slot exactly what ``clear`` says, every field of it."""
    chance = np.random.default_rng(4)
    for turn in range(100):
        books = {slot: random_book(chance, 12, CORRIDOR, prices=(3, 11, 115, 11_500)[turn % 4]) for slot in range(4)}
        found = clear_session(Session(books, (), (), CORRIDOR))
        for slot, book in books.items():
            alone = clear(book, CORRIDOR)
            assert np.array_equal(found.slots[slot].filled_wh, alone.filled_wh)
            assert found.slots[slot]._replace(filled_wh=alone.filled_wh) == alone
        assert found.welfare_ujpy == sum(each.welfare_ujpy for each in found.slots.values())


def test_a_rejected_block_leaves_the_slots_as_they_were() -> None:
    """A block that nobody can afford changes neither fills nor prices."""
    books = {slot: book_of((BUY, 30, 1_000), (SELL, 10, 800)) for slot in (1, 2)}
    found = clear_session(Session(books, (block("b", SELL, 40, {1: 100, 2: 100}),), (), NARROW))
    assert found.rejected == {"b": "out_of_money"}
    assert found.slots[1].price_mjpy_per_kwh == clear(books[1], NARROW).price_mjpy_per_kwh


def test_a_block_that_would_lose_at_its_own_price_is_left_out() -> None:
    """400 Wh at 12 would add welfare (bids up to 30 Wh-values) but push the price to 6, below its limit."""
    books = {1: book_of((BUY, 30, 300), (BUY, 6, 200))}
    found = clear_session(Session(books, (block("b", SELL, 12, {1: 400}),), (), NARROW))
    assert found.blocks_wh == {"b": 0}
    assert found.rejected == {"b": "paradoxical"}
    partly = block("b", SELL, 12, {1: 400}, least_permille=500)
    found = clear_session(Session(books, (partly,), (), NARROW))
    assert found.blocks_wh == {"b": 300}
    assert found.slots[1].price_mjpy_per_kwh is not None
    assert found.slots[1].price_mjpy_per_kwh >= 12


def test_a_child_waits_for_its_parent_and_a_group_for_one() -> None:
    """The child would gain alone; its parent cannot be paid for. Of a group the one of more welfare is accepted."""
    books = {slot: book_of((BUY, 30, 1_000)) for slot in (1, 2)}
    family = (block("parent", SELL, 35, {1: 100}), block("child", SELL, 10, {2: 100}, parent="parent"))
    found = clear_session(Session(books, family, (), NARROW))
    assert found.rejected == {"parent": "out_of_money", "child": "parent_rejected"}
    group = (block("dear", SELL, 20, {1: 100}, group="g"), block("cheap", SELL, 10, {2: 100}, group="g"))
    found = clear_session(Session(books, group, (), NARROW))
    assert found.rejected == {"dear": "group_taken"}


def test_among_equal_blocks_the_first_comes_first_in_any_row() -> None:
    """Room for two of four equal blocks: the two that came first have it, however they stand."""
    books = {1: book_of((BUY, 30, 250))}
    blocks = [block(f"b{turn}", SELL, 10, {1: 100}, entered=turn) for turn in range(4)]
    for rows in (blocks, blocks[::-1], [blocks[2], blocks[0], blocks[3], blocks[1]]):
        found = clear_session(Session(books, tuple(rows), (), NARROW))
        assert {name for name, wh in found.blocks_wh.items() if wh} == {"b0", "b1"}


def test_the_order_of_rows_does_not_matter() -> None:
    """The same blocks and loads in other rows have the same answer."""
    chance = np.random.default_rng(5)
    for _ in range(50):
        session = random_session(chance, 6, 2)
        turned = session._replace(blocks=session.blocks[::-1], loads=session.loads[::-1])
        straight, reverse = clear_session(session), clear_session(turned)
        assert (straight.blocks_wh, straight.loads_wh) == (reverse.blocks_wh, reverse.loads_wh)
        assert all(
            one.price_mjpy_per_kwh == other.price_mjpy_per_kwh
            for one, other in zip(straight.slots.values(), reverse.slots.values(), strict=True)
        )


def test_a_flexible_load_takes_the_cheapest_slots() -> None:
    """An EV that needs 900 Wh by slot 3 at most 400 Wh a slot buys where asks are cheapest, at one price each."""
    books = {slot: book_of((SELL, limit, 1_000)) for slot, limit in ((1, 12), (2, 20), (3, 10))}
    load = FlexibleLoad("ev", "home", 25, 900, 400, 1, 3, 0)
    found = clear_session(Session(books, (), (load,), NARROW))
    assert found.loads_wh == {"ev": (400, 100, 400)}
    assert [found.slots[slot].price_mjpy_per_kwh for slot in (1, 2, 3)] == [12, 20, 10]


def test_a_load_in_one_piece_starts_where_it_is_cheapest() -> None:
    """A washing machine of two slots: three starts fit the window, one is accepted."""
    books = {slot: book_of((SELL, limit, 1_000)) for slot, limit in ((1, 12), (2, 20), (3, 10), (4, 11))}
    starts = in_one_piece(FlexibleLoad("wash", "home", 25, 900, 600, 1, 4, 0), (600, 300))
    found = clear_session(Session(books, tuple(starts), (), NARROW))
    assert found.blocks_wh == {"wash@1": 0, "wash@2": 0, "wash@3": 900}
    assert in_one_piece(FlexibleLoad("wash", "home", 25, 900, 600, 1, 1, 0), (600, 300)) == []


def test_a_thousand_yen_sums_stay_exact() -> None:
    """Real sizes in one slot: welfare equals the best of all acceptances, computed in whole numbers."""
    chance = np.random.default_rng(6)
    for _ in range(30):
        book = random_book(chance, 12, CORRIDOR, prices=11_500)
        limits = chance.integers(CORRIDOR.floor, CORRIDOR.cap + 1, 7).tolist()
        blocks = tuple(
            block(f"b{at}", Side(at % 2), limit, {0: int(chance.integers(50, 2_001))})
            for at, limit in enumerate(limits)
        )
        assert clear_session(Session({0: book}, blocks, (), CORRIDOR)).welfare_ujpy == _best_of_one_slot(book, blocks)


def _best_of_one_slot(book: Book, blocks: tuple[BlockOrder, ...]) -> int:
    """All 128 acceptances. A price suits everybody if it lies between what the last of each side wants."""
    best = 0
    bids, asks = (
        sorted(
            zip(book.limit_mjpy_per_kwh[book.side == s].tolist(), book.energy_wh[book.side == s].tolist(), strict=True)
        )
        for s in (BUY, SELL)
    )
    for chosen in range(2 ** len(blocks)):
        some = [each for at, each in enumerate(blocks) if chosen >> at & 1]
        sells = [(each.limit_mjpy_per_kwh, each.energy_wh[0]) for each in some if each.side == SELL]
        buys = [(each.limit_mjpy_per_kwh, each.energy_wh[0]) for each in some if each.side == BUY]
        net = sum(wh for _, wh in sells) - sum(wh for _, wh in buys)
        curve = sorted([*bids, *asks], reverse=True)
        at_wh = sum(wh for _, wh in asks) + net
        if 0 <= at_wh <= sum(wh for _, wh in curve):
            worth = low = high = 0
            low, high, left = CORRIDOR.floor, CORRIDOR.cap, at_wh
            for value, wh in curve:
                if left > 0:
                    high = value
                worth, left = worth + value * min(max(left, 0), wh), left - wh
                if left < 0:
                    low = value
                    break
            least = max([low, *(limit for limit, _ in sells)])
            most = min([high, *(limit for limit, _ in buys)])
            worth -= sum(value * wh for value, wh in (*asks, *sells)) - sum(value * wh for value, wh in buys)
            best = max(best, worth if least <= most else 0)
    return best


def test_every_fault_is_told_at_once() -> None:
    """Nothing is cleared, and each fault names its order and what is wrong."""
    books = {1: book_of((BUY, 3, 10)), 2: book_of((SELL, 3, 10))}
    blocks = (
        block("twice", SELL, 5, {1: 1}),
        block("twice", SELL, 5, {1: 1}),
        block("empty", SELL, 5, {}),
        block("uneven", SELL, 5, {1: 1}, slots=(1, 2)),
        block("negative", SELL, 5, {1: -1}),
        BlockOrder("again", "s", SELL, 5, (1, 1), (1, 1), 0),
        block("elsewhere", SELL, 5, {9: 1}),
        block("dear", BUY, 8, {1: 1}),
        block("part", BUY, 5, {1: 1}, least_permille=0),
        block("orphan", BUY, 5, {1: 1}, parent="nobody"),
        block("egg", BUY, 5, {1: 1}, parent="hen"),
        block("hen", BUY, 5, {1: 1}, parent="egg"),
        block("one", BUY, 5, {1: 1}, group="g"),
        block("other", BUY, 5, {1: 1}, group="g", parent="one"),
        block("huge", BUY, 5, {1: 2**60}),
    )
    loads = (FlexibleLoad("still", "s", 9, 0, 1, 2, 1, 0), FlexibleLoad("late", "s", 5, 1, 1, 2, 3, 0))
    with pytest.raises(InputRefused) as refused:
        clear_session(Session(books, blocks, loads, TINY))
    assert {(fault.where, fault.code) for fault in refused.value.faults} == {
        ("twice", "duplicate"), ("empty", "empty"), ("uneven", "uneven"), ("negative", "no_energy"),
        ("again", "repeated_slot"), ("elsewhere", "unknown_slot"), ("dear", "outside_corridor"),
        ("part", "least_part"), ("orphan", "unknown_parent"), ("egg", "circle"), ("hen", "circle"),
        ("other", "excluded"), ("session", "too_large"), ("still", "no_energy"), ("still", "empty"),
        ("still", "outside_corridor"), ("late", "unknown_slot"),
    }  # fmt: skip
