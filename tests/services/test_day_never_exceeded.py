"""No sequence of orders, amendments, cancellations, filings and fills brings a day beyond its mandate."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from day_ahead_world import CLOSES, DAY, MARKET, Clock, block, desk_in, simple

from domain.errors import InputRefused, PermissionDenied
from domain.order import Order, Side
from domain.party import DayLimits, Mandate
from market.continuous.command import CommandKind
from memory import registry
from memory.books import steps as done
from memory.database import Database
from memory.trading import day_ahead, orders, trades
from services.members.day_limits import SPENT, TRADED, beyond_mandates
from services.orders.commitments import thread_of
from services.orders.day_ahead import file, withdraw
from services.orders.day_ahead_session import hold_due
from services.orders.order_book import Desk
from services.orders.order_desk import Instruction, book_of_slot, instruct
from services.orders.screening import cost_ujpy

HOME = Mandate("home", 2, 8_600, 16_000, 0, 3_000)
PLACES = (20, 21, 22)
SPEND_WH, TRADE_WH = 1_500, 2_600
FILINGS, COMMANDS = 10, 45
OPEN = CLOSES + timedelta(hours=8)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, tmp_path: Path, clock: Clock) -> Desk:
    """The home may spend what 1,500 Wh cost at 15 JPY, and trade 2,600 Wh; the roof may trade what it likes."""
    made = desk_in(database, tmp_path, clock)
    spend = cost_ujpy(made.rules.of(DAY), SPEND_WH, 15_000)
    with database.begin("mandate") as tx:
        registry.save_mandate(tx, replace(HOME, day=DayLimits(spend, TRADE_WH)))
    return made


def traded(desk: Desk) -> tuple[int, int]:
    """What the home has spent and traded on the day, uJPY and Wh, straight from its trades."""
    with desk.steps.database.read() as tx:
        made = trades.between(tx, MARKET.slots_of(DAY)[0], MARKET.slots_of(DAY)[-1])
    rules = desk.rules.of(DAY)
    bought = [each for each in made if each.buyer_site == "home"]
    sold_wh = sum(each.energy_wh for each in made if each.seller_site == "home")
    spent = sum(cost_ujpy(rules, each.energy_wh, each.price_mjpy_per_kwh) for each in bought)
    return spent, sold_wh + sum(each.energy_wh for each in bought)


def still_open_wh(desk: Desk) -> int:
    """What of the home's may still trade, Wh."""
    with desk.steps.database.read() as tx:
        resting = [each for place in PLACES for each in book_of_slot(tx, desk, slot_at(place))]
        filed = [] if day_ahead.session(tx, DAY) else [row for row in day_ahead.of_day(tx, DAY) if not row.withdrawn_at]
    filed_wh = sum(sum(row.order.energy_wh) for row in filed if row.order.site_id == "home")
    return filed_wh + sum(each.left_wh for each in resting if each.site_id == "home")


def slot_at(place: int) -> int:
    return MARKET.slots_of(DAY)[place]


def one_command(desk: Desk, chance: np.random.Generator, at: int, names: list[str]) -> None:
    """Something that a member may say, drawn by chance; what is refused changes nothing."""
    site = str(chance.choice(["home", "roof"]))
    side = Side.BUY if site == "home" else Side.SELL
    wh, limit, place = int(chance.integers(1, 900)), int(chance.integers(10, 16)) * 1_000, int(chance.choice(PLACES))
    kind = int(chance.integers(0, 6))
    if desk.steps.clock() < CLOSES:
        simple_one = simple(f"d{at}", site, side, limit, place, wh)
        file(desk, DAY, [simple_one if kind else block(f"b{at}", site, side, limit, range(20, 23), wh // 3 + 1)])
        return
    said = Instruction(CommandKind.SUBMIT, f"party-{site}", f"k{at}", slot_at(place), site, side, limit, wh)
    if kind < 3 or not names:
        names.append(instruct(desk, said)["order"])
    else:
        change = CommandKind.AMEND if kind < 5 else CommandKind.CANCEL
        named = names[int(chance.integers(len(names)))]
        instruct(desk, replace(said, kind=change, order=named))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_sequence_of_orders_and_fills_goes_beyond_a_mandate(desk: Desk, clock: Clock, seed: int) -> None:
    """After every command what was spent, traded and may still trade keeps within limits, session included."""
    chance, names = np.random.default_rng(seed), list[str]()
    spend_max, refused = cost_ujpy(desk.rules.of(DAY), SPEND_WH, 15_000), set[str]()
    for at in range(COMMANDS):
        if at == FILINGS:
            clock.moment = CLOSES
            hold_due(desk)
            clock.moment = OPEN
        try:
            one_command(desk, chance, at, names)
        except InputRefused as broken:
            refused |= {fault.code for fault in broken.faults}
        except PermissionDenied:
            assert at >= FILINGS, "an order of the neighbour's was named"
        spent, moved_wh = traded(desk)
        assert spent <= spend_max
        assert moved_wh + still_open_wh(desk) <= TRADE_WH
    assert refused & {SPENT, TRADED}, "the stream must press against the limits"


def test_what_is_filed_counts_until_it_is_withdrawn(desk: Desk) -> None:
    """A second filing finds less left, also in the same message; a refused one leaves everything as it was."""
    first, second = simple("d", "home", Side.BUY, 15_000, 20, 1_000), simple("e", "home", Side.BUY, 15_000, 21, 501)
    with pytest.raises(InputRefused) as broken:
        file(desk, DAY, [first, second])
    assert {(fault.where, fault.code) for fault in broken.value.faults} == {("home/e", SPENT)}
    file(desk, DAY, [first])
    with pytest.raises(InputRefused):
        file(desk, DAY, [second])
    withdraw(desk, DAY, ["home/d"])
    assert file(desk, DAY, [second]) == 1


def test_what_is_filed_counts_against_other_orders_until_the_session(desk: Desk, clock: Clock) -> None:
    """Nobody offers, so that the session leaves nothing behind."""
    file(desk, DAY, [simple("d", "home", Side.BUY, 15_000, 20, 1_000)])
    with desk.steps.database.begin("judge") as tx:
        assert beyond_mandates(tx, desk, DAY, [_order("y", 21, 501)]) == {"y": SPENT}
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.begin("judge") as tx:
        assert beyond_mandates(tx, desk, DAY, [_order("y", 21, 501)]) == {}


def test_a_call_counts_what_rests_and_what_waits_in_other_calls(desk: Desk, clock: Clock) -> None:
    """An order of a call that has begun and is not cleared still counts; one that was refused does not."""
    clock.moment = OPEN
    rest = Instruction(CommandKind.SUBMIT, "party-home", "k", slot_at(22), "home", Side.BUY, 15_000, 500)
    instruct(desk, rest)
    waiting, other = _order("w", 20, 600), _order("x", 20, 300)
    with desk.steps.database.begin("call") as tx:
        orders.save(tx, [waiting, other], {other.id: "paused"})
        done.add(tx, thread_of(desk.market, slot_at(20)), "bid", {}, desk.steps.clock())
        fits, over = _order("y", 21, 400), _order("z", 21, 1)
        assert beyond_mandates(tx, desk, DAY, [fits, over]) == {"z": SPENT}
        done.add(tx, thread_of(desk.market, slot_at(20)), "clear", {}, desk.steps.clock())
        assert beyond_mandates(tx, desk, DAY, [fits, over]) == {}


def _order(name: str, place: int, energy_wh: int) -> Order:
    return Order(name, slot_at(place), "home", Side.BUY, 15_000, energy_wh, 0 if name != "z" else 1)
