"""What a mandate allows on one day, who gives it, and the word that stops it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from deal_world import MARKET, NOW, RULES, SLOT, premises
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.account import AccountRole
from domain.connection import without_wires
from domain.errors import InputRefused, PermissionDenied, RuleBroken, SignInRefused
from domain.order import Order, Side
from domain.party import DayLimits, Licence, Mandate
from gridpact.clock import HandClock
from identity.authorisation import Kind, Principal
from market.continuous.command import CommandKind
from memory import registry
from memory.books import journal
from memory.database import Database
from memory.trading import trades
from memory.trading.trades import TradeRow
from policies.licences import RETAIL_SUPPLY
from services.members.day_limits import EXPIRED, NO_LIMIT, SPENT, TRADED, Used, beyond_mandates, judged
from services.members.mandates import Wanted, give, stop_by_word
from services.orders.order_book import Desk
from services.orders.order_desk import Instruction, instruct
from services.orders.screening import cost_ujpy
from services.roster import load_roster
from services.steps import Steps

LATER = SLOT + 6
DAY = MARKET.day_of(LATER)
OF_DAY = RULES.of(DAY)
PRICE = 12_000
SHOP = Mandate("shop", 1, 8_600, 16_000, 0, 3_000)
WORD = "Blue Heron 7"
OWNER = Principal(Kind.PERSON, "mio", "party-shop", frozenset({AccountRole.MEMBER}), fresh=True)


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    return replace(premises(database, tmp_path).steps, clock=HandClock(NOW))


def cost(energy_wh: int) -> int:
    return cost_ujpy(OF_DAY, energy_wh, PRICE)


def order(at: int, energy_wh: int, side: Side = Side.BUY, site: str = "shop") -> Order:
    return Order(f"o{at}", LATER, site, side, PRICE, energy_wh, at)


def bought(tx: Connection, energy_wh: int, slot: int = LATER - 1) -> None:
    trades.save(tx, [TradeRow(f"t{slot}", slot, "a", "b", "roof", "shop", energy_wh, PRICE)])


def beyond(tx: Connection, steps: Steps, *orders: Order) -> dict[str, str]:
    return beyond_mandates(tx, _desk(steps), DAY, orders)


def limited(tx: Connection, **changes: object) -> None:
    registry.save_mandate(tx, replace(SHOP, version=2, **changes))  # type: ignore[arg-type]


def test_what_was_bought_today_counts_and_what_was_bought_yesterday_does_not(steps: Steps) -> None:
    """The last order that fits is taken, a smaller one after a refused one too; selling costs nothing."""
    with steps.database.begin("day") as tx:
        limited(tx, day=DayLimits(spend_max_ujpy_per_day=cost(1_000)))
        bought(tx, 600)
        bought(tx, 5_000, MARKET.slots_of(DAY)[0] - 1)
        assert beyond(tx, steps, order(1, 300), order(2, 101), order(3, 100), order(4, 1)) == {"o2": SPENT, "o4": SPENT}
        assert beyond(tx, steps, order(1, 9_000, Side.SELL), order(2, 9_000, site="roof")) == {}


def test_energy_of_both_sides_counts_and_a_mandate_ends(steps: Steps) -> None:
    """Sold and bought add up; after its last day a mandate allows nothing."""
    with steps.database.begin("day") as tx:
        limited(tx, day=DayLimits(trade_max_wh_per_day=700), valid_until=DAY)
        bought(tx, 600)
        assert beyond(tx, steps, order(1, 100, Side.SELL), order(2, 1)) == {"o2": TRADED}
        registry.save_mandate(tx, replace(SHOP, version=3, valid_until=DAY - timedelta(days=1)))
        assert beyond(tx, steps, order(1, 1)) == {"o1": EXPIRED}


AMOUNTS = st.lists(st.tuples(st.integers(1, 500), st.sampled_from(Side)), max_size=8)
LIMIT = st.none() | st.integers(0, 1_500)


@given(AMOUNTS, LIMIT, LIMIT, st.integers(0, 800))
def test_no_day_ever_goes_beyond_its_mandate(
    amounts: list[tuple[int, Side]], spend_wh: int | None, energy_wh: int | None, before_wh: int
) -> None:
    """What is let in stays inside both limits, and each refused order would have gone beyond when it came."""
    limits = DayLimits(None if spend_wh is None else cost(spend_wh), energy_wh)
    mandate = replace(SHOP, day=limits)
    used = [(before_wh, Side.BUY)]
    orders = [order(at, energy, side) for at, (energy, side) in enumerate(amounts)]
    refused = _judged(mandate, before_wh, orders)
    for each in orders:
        after = [*used, (each.energy_wh, each.side)]
        spent = sum(cost(energy) for energy, side in after if side is Side.BUY)
        traded = sum(energy for energy, _ in after)
        over_money = each.side is Side.BUY and spent > (NO_LIMIT if spend_wh is None else cost(spend_wh))
        over = over_money or traded > (NO_LIMIT if energy_wh is None else energy_wh)
        assert (each.id in refused) == over
        used = used if over else after


def _judged(mandate: Mandate, before_wh: int, orders: list[Order]) -> dict[str, str]:
    return judged({"shop": mandate}, {"shop": Used(cost(before_wh), before_wh)}, OF_DAY, DAY, orders)


def test_the_desk_refuses_beyond_the_days_money(steps: Steps) -> None:
    """A member reads which limit it is; within it the order rests."""
    with steps.database.begin("licence") as tx:
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
        limited(tx, day=DayLimits(spend_max_ujpy_per_day=cost(200)))
    desk = _desk(steps)
    bid = Instruction(CommandKind.SUBMIT, "party-shop", "k", LATER, "shop", Side.BUY, PRICE, 201)
    with pytest.raises(InputRefused) as refused:
        instruct(desk, bid)
    assert [fault.code for fault in refused.value.faults] == [SPENT]
    assert instruct(desk, replace(bid, energy_wh=200))["left_wh"] == 200


def _desk(steps: Steps) -> Desk:
    with steps.database.read() as tx:
        roster = load_roster(tx, MARKET.slot_min)
    return Desk("local", steps, RULES, roster, without_wires(len(roster.ids), MARKET.slot_min), MARKET)


def test_only_the_owner_gives_a_mandate_and_freshly_signed_in(steps: Steps) -> None:
    """What is not said stays; every version is kept and in the journal."""
    wanted = Wanted(buy_max_mjpy_per_kwh=15_000, day=DayLimits(500), valid_until=DAY, stop_word=WORD)
    for other in (
        replace(OWNER, party="party-roof"),
        replace(OWNER, fresh=False),
        replace(OWNER, kind=Kind.CLIENT, roles=frozenset({AccountRole.CLIENT})),
        replace(OWNER, roles=frozenset({AccountRole.ADMIN})),
    ):
        with pytest.raises(PermissionDenied):
            give(steps, other, "shop", wanted)
    given = give(steps, OWNER, "shop", wanted)
    assert (given.version, given.buy_max_mjpy_per_kwh, given.order_max_wh) == (2, 15_000, 3_000)
    with steps.database.read() as tx:
        assert registry.mandates(tx)["shop"] == given
        assert [each.subject for each in journal.entries(tx, "mandate.changed")] == ["shop"]
    assert WORD not in repr(given)
    with pytest.raises(InputRefused) as refused:
        give(steps, OWNER, "shop", Wanted(order_max_wh=-1, stop_word="short"))
    assert {fault.code for fault in refused.value.faults} == {"wrong_value", "too_short"}
    with pytest.raises((RuleBroken, PermissionDenied)):
        give(steps, OWNER, "nowhere", wanted)


def test_the_stop_word_pauses_and_guessing_waits(steps: Steps) -> None:
    """However it is spelt; once guessed at often enough even the right word waits; no word, no stop."""
    with pytest.raises(SignInRefused):
        stop_by_word(steps, "shop", "")
    give(steps, OWNER, "shop", Wanted(stop_word=WORD))
    assert not stop_by_word(steps, "shop", " blue HERON7 ").active
    assert stop_by_word(steps, "shop", WORD).version == 3
    with pytest.raises(SignInRefused):
        stop_by_word(steps, "roof", WORD)
    _guess(lambda: stop_by_word(steps, "shop", "something"), 8)
    with pytest.raises(SignInRefused) as waits:
        stop_by_word(steps, "shop", WORD)
    assert waits.value.wait_s > 0
    give(steps, OWNER, "shop", Wanted(stop_word="", active=True))
    steps.clock.moment += timedelta(hours=1)  # type: ignore[attr-defined]
    with pytest.raises(SignInRefused):
        stop_by_word(steps, "shop", "")


def _guess(attempt: Callable[[], object], times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            attempt()
