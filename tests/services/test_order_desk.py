"""The order desk: who may say what and when, once; the database gives the same book again; nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deal_world import MARKET, NOW, SLOT, premises
from sqlalchemy import text

from domain.connection import Connections, without_wires
from domain.errors import AuditBroken, Conflict, InputRefused, PermissionDenied
from domain.feeder import one_node
from domain.order import Side
from domain.party import Licence, Mandate
from domain.trade import Venue
from identity import access
from market.continuous.command import CommandKind
from memory import registry
from memory.database import Database
from memory.trading import order_commands, trades
from policies.licences import RETAIL_SUPPLY
from services.orders.order_book import Desk, open_orders, replayed
from services.orders.order_closing import close_book
from services.orders.order_desk import Instruction, book_of_slot, instruct
from services.orders.order_record import verify_books
from services.orders.screening import cost_ujpy, credit_limits_ujpy

LATER = SLOT + 6  # its book closes three hours from now
ASK = Instruction(CommandKind.SUBMIT, "party-roof", "k1", LATER, "roof", Side.SELL, 11_000, 500)
BID = Instruction(CommandKind.SUBMIT, "party-shop", "k2", LATER, "shop", Side.BUY, 13_000, 300)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """The small world of negotiation with a desk and a retailer in it."""
    made = premises(database, tmp_path)
    with database.begin("licence") as tx:
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
    roster = replace(made.roster, licences=(Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)),))
    return Desk("local", made.steps, made.rules, roster, without_wires(len(roster.ids)), MARKET)


def codes(refusal: Callable[[], object]) -> set[str]:
    """The reasons with which something is refused."""
    with pytest.raises(InputRefused) as refused:
        refusal()
    return {fault.code for fault in refused.value.faults}


def test_two_orders_that_cross_trade_at_once_and_are_kept_together(desk: Desk) -> None:
    """The trade has the resting limit, and stands in the database with the command that made it."""
    instruct(desk, ASK)
    done = instruct(desk, BID)
    assert done["trades"] == [{"energy_wh": 300, "price_mjpy_per_kwh": 11_000}]
    with desk.steps.database.read() as tx:
        (trade,) = trades.of_slot(tx, LATER)
        assert (trade.seller_site, trade.buyer_site, trade.market) == ("roof", "shop", Venue.CONTINUOUS)
        assert [(each.site_id, each.left_wh, each.filled_wh) for each in book_of_slot(tx, desk, LATER)] == [
            ("roof", 200, 300)
        ]


def test_an_instruction_sent_again_is_answered_again_and_done_once(desk: Desk) -> None:
    """The key is the sender's; another instruction under it is a conflict."""
    assert instruct(desk, ASK) == instruct(desk, ASK)
    with desk.steps.database.read() as tx:
        assert len(order_commands.of_slot(tx, "local", LATER)) == 1
    with pytest.raises(Conflict):
        instruct(desk, replace(ASK, energy_wh=501))


def test_the_database_gives_the_same_book_and_the_same_trades_again(desk: Desk) -> None:
    """Commands replayed from their table: the same digest, the same trades; a changed row is found."""
    first = instruct(desk, ASK)["order"]
    instruct(desk, BID)
    instruct(
        desk, Instruction(CommandKind.AMEND, "party-roof", "k3", order=first, limit_mjpy_per_kwh=12_000, energy_wh=400)
    )
    with desk.steps.database.read() as tx:
        rows = order_commands.of_slot(tx, "local", LATER)
        books = [replayed(desk, LATER, rows) for _ in range(2)]
        assert books[0].digest() == books[1].digest()
        assert [each.left_wh for each in open_orders(books[0], LATER, rows)] == [100]
        assert verify_books(tx, desk) == 3
        tx.execute(text("ALTER TABLE order_command DISABLE TRIGGER only_grows"))
        tx.execute(text("UPDATE order_command SET energy_wh = energy_wh + 1 WHERE seq = 1"))
        with pytest.raises(AuditBroken, match="not the one that was signed"):
            verify_books(tx, desk)


def test_a_member_speaks_for_its_own_sites_only(desk: Desk) -> None:
    """Neither placing nor cancelling for others."""
    with pytest.raises(PermissionDenied):
        instruct(desk, replace(ASK, person="party-shop"))
    named = instruct(desk, ASK)["order"]
    with pytest.raises(PermissionDenied):
        instruct(desk, Instruction(CommandKind.CANCEL, "party-shop", "k9", order=named))
    assert instruct(desk, Instruction(CommandKind.CANCEL, "party-roof", "k9", order=named))["left_wh"] == 0


@pytest.mark.parametrize(("actor", "action"), [("identity", "screen"), ("runtime", "clear")])
def test_an_agent_without_its_grant_lets_nothing_in(desk: Desk, actor: str, action: str) -> None:
    """The same grants as in the call; what is refused leaves nothing behind."""
    with desk.steps.database.begin("revoke") as tx:
        access.revoke(tx, actor, action)
    with pytest.raises(PermissionDenied, match=actor):
        instruct(desk, ASK)
    with desk.steps.database.read() as tx:
        assert order_commands.of_slot(tx, "local", LATER) == []


def test_an_order_is_refused_with_every_reason_at_once(desk: Desk) -> None:
    """Mandate, corridor, tick and energy speak together."""
    wrong = replace(ASK, limit_mjpy_per_kwh=99_999, energy_wh=5_000_000)
    assert codes(lambda: instruct(desk, wrong)) == {
        "above_order_max", "outside_corridor", "energy_above_max", "off_tick",
    }  # fmt: skip
    assert codes(lambda: instruct(desk, replace(ASK, site_id="paused", person="party-paused"))) == {"paused"}


def test_the_book_is_open_between_the_times_of_the_product(desk: Desk) -> None:
    """Closed at the moment of the call, not open a day before; the refusal names both times."""
    assert codes(lambda: instruct(desk, replace(ASK, slot=SLOT))) == {"not_open"}
    assert codes(lambda: instruct(desk, replace(ASK, slot=SLOT + 60))) == {"not_open"}
    assert instruct(desk, replace(ASK, slot=SLOT + 1))["left_wh"] == 500


def test_a_site_stands_on_one_side_of_a_slot(desk: Desk) -> None:
    """Whether it rests or has traded there, the other side is refused."""
    instruct(desk, ASK)
    other = replace(BID, site_id="roof", person="party-roof", limit_mjpy_per_kwh=9_000)
    assert codes(lambda: instruct(desk, other)) == {"own_other_side"}
    instruct(desk, replace(BID, energy_wh=500))
    assert codes(lambda: instruct(desk, other)) == {"own_other_side"}


def test_a_member_never_trades_with_itself(desk: Desk) -> None:
    """Two sites of one owner: the incoming order is cancelled where it meets the other."""
    instruct(desk, ASK)
    done = instruct(desk, replace(BID, site_id="shed", person="party-roof"))
    assert (done["trades"], done["prevented_wh"], done["left_wh"]) == ([], 300, 0)


def test_a_pause_takes_what_rests_out_before_anybody_trades_with_it(desk: Desk) -> None:
    """The next command finds the paused member's orders gone."""
    instruct(desk, ASK)
    with desk.steps.database.begin("pause") as tx:
        registry.save_mandate(tx, Mandate("roof", 2, 8_600, 16_000, 0, 3_000, active=False))
    assert instruct(desk, BID)["trades"] == []
    with desk.steps.database.begin("close") as tx:
        assert [(each.site_id, each.energy_wh) for each in close_book(tx, desk, LATER)] == [("shop", 300)]
        assert verify_books(tx, desk) == 4


def test_an_order_ends_when_its_owner_said(desk: Desk) -> None:
    """What has expired is not shown, not traded and not in the call."""
    instruct(desk, replace(ASK, until=NOW + timedelta(hours=1)))
    late = replace(desk, steps=replace(desk.steps, clock=lambda: NOW + timedelta(hours=2)))
    with desk.steps.database.begin("close") as tx:
        assert len(book_of_slot(tx, desk, LATER)) == 1
        assert book_of_slot(tx, late, LATER) == []
        assert close_book(tx, desk, LATER) == []


def test_a_trade_that_a_line_cannot_carry_is_refused_on_entry(desk: Desk) -> None:
    """All early trades of a slot together keep to every branch; a smaller one still passes."""
    feeder = one_node()
    columns = {name: getattr(feeder, name) for name in feeder.__dataclass_fields__}
    twice: dict[str, Any] = {name: np.repeat(each, 2) for name, each in columns.items() if isinstance(each, np.ndarray)}
    named: dict[str, Any] = {"names": ("top", "end"), "branch_names": ("", "line")}
    two = replace(feeder, **(twice | named | {"parent": np.array([-1, 0]), "limit_wh": np.array([0, 200])}))
    node = np.array([1 if site == "roof" else 0 for site in desk.roster.ids])
    narrow = replace(desk, connections=Connections(two, node))
    instruct(narrow, ASK)
    assert codes(lambda: instruct(narrow, BID)) == {"line_full"}
    assert instruct(narrow, replace(BID, energy_wh=200))["trades"][0]["energy_wh"] == 200
    assert codes(lambda: instruct(narrow, replace(BID, key="k3", energy_wh=10))) == {"line_full"}


def test_orders_at_once_in_different_slots_never_exceed_the_credit_of_their_member(desk: Desk) -> None:
    """Each takes two fifths of the credit: of four at the same time, two enter, whatever the order."""
    rules = desk.rules_of(LATER)
    with desk.steps.database.begin("wide") as tx:
        limit_ujpy = credit_limits_ujpy(tx, rules, desk.roster, ["shop"])["shop"]
        energy_wh = limit_ujpy * 2 // 5 // cost_ujpy(rules, 1, 13_000)
        registry.save_mandate(tx, replace(registry.mandates(tx)["shop"], version=2, order_max_wh=energy_wh))

    def entered(slot: int) -> bool:
        try:
            instruct(desk, replace(BID, key=f"s{slot}", slot=slot, energy_wh=energy_wh))
        except InputRefused:
            return False
        else:
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(entered, range(LATER, LATER + 4))) == 2


def test_all_members_but_one_never_fill_a_slots_book_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the others entered and took back, it enters its own share to the last, and not one more."""
    for place in ("order_desk", "order_book"):
        monkeypatch.setattr(f"services.orders.{place}.ENTERED_MAX", 2)
    with desk.steps.database.begin("mandates") as tx:
        given = registry.mandates(tx)
        registry.save_mandate(tx, *(replace(given[site], active=True, version=2) for site in ("dark", "paused")))
    owners = {site.party_id: site.id for site in desk.roster.sites}
    owners = {party: owners[party] for party in sorted(owners, key="party-shop".__eq__)}
    for party, site in owners.items():
        for number in range(2):
            own = replace(BID, person=party, site_id=site, key=f"{party}-{number}", energy_wh=1)
            named = instruct(desk, own)["order"]
            instruct(desk, Instruction(CommandKind.CANCEL, party, f"{party}-{number}-off", order=named))
    assert list(owners)[-1] == "party-shop"
    assert len(owners) > 1
    assert codes(lambda: instruct(desk, replace(BID, key="more"))) == {"too_many"}


def test_one_member_never_fills_a_slots_book_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cancelled counts too; others still enter."""
    monkeypatch.setattr("services.orders.order_desk.ENTERED_MAX", 2)
    for key in ("a", "b"):
        named = instruct(desk, replace(ASK, key=key))["order"]
        instruct(desk, Instruction(CommandKind.CANCEL, "party-roof", f"{key}-off", order=named))
    assert codes(lambda: instruct(desk, replace(ASK, key="c"))) == {"too_many"}
    assert instruct(desk, BID)["left_wh"] == 300
