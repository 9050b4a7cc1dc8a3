"""Grid operators' signals: believed by key, counted once, the strictest wins, and one person resumes nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from deal_world import MARKET, NOW, SLOT, premises
from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountRole
from domain.branch import Branch, Node
from domain.connection import Connections
from domain.errors import Conflict, InputRefused, PermissionDenied, RuleBroken
from domain.feeder import feeder_of
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind, in_force, stops
from domain.order import Book, Order, Side
from domain.party import Licence
from identity.authorisation import Kind, Principal
from identity.grid_signals import read_signal, sealed, signed_by
from identity.keys import seeded_key
from market.continuous.command import CommandKind
from memory import alarms, registry
from memory.books import journal
from memory.database import Database
from memory.grid import grid_signals
from memory.grid.grid_signals import Resumption
from policies.licences import RETAIL_SUPPLY
from services.grid.grid_limits import (
    ABOVE_GRID_LIMIT,
    Bounds,
    Left,
    bounds,
    bounds_of,
    cut_moves,
    cut_to_bounds,
    refused_by,
    within,
)
from services.grid.grid_signals import accept, emergency_stop, holding, require_running, resume, resumed
from services.orders.order_book import Desk
from services.orders.order_desk import Instruction, instruct

KEY = seeded_key(1, "dso")
LATER = SLOT + 6
START, END = MARKET.start(LATER), MARKET.start(LATER + 1)
LIMIT = GridSignal(
    source="dso",
    id="e1",
    revision=0,
    audience="local",
    kind=SignalKind.IMPORT_LIMIT,
    extent=Extent.SITE,
    target="shop",
    value=401,
    unit=LimitUnit.W,
    starts=START,
    ends=END,
    expires=END,
    reason="a transformer is warm",
)
STOP = replace(
    LIMIT, id="s1", kind=SignalKind.STOP, extent=Extent.FEEDER, target="", value=0, reason="fire at the pole"
)
WHY = "the line was walked and is clear"


def of(signal: GridSignal) -> GridSignal:
    return signed_by(signal, KEY.sign(signal.signed_bytes))


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """The small world of negotiation on one line, with a retailer and a grid operator whose key is known."""
    made = premises(database, tmp_path)
    licence = Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31))
    with database.begin("licence") as tx:
        registry.save_licence(tx, licence)
        grid_signals.register(tx, "dso", KEY.public_key().public_bytes_raw(), "test", NOW)
    nodes = [Node("top"), Node("street"), Node("end")]
    lines = [Branch("trafo", ("top", "street"), 50_000), Branch("line", ("street", "end"), 20_000)]
    feeder = feeder_of(nodes, lines, ["top"])
    node = np.array([2 if at % 2 else 1 for at in range(len(made.roster.ids))], np.int64)
    return Desk(
        "local", made.steps, made.rules, replace(made.roster, licences=(licence,)), Connections(feeder, node), MARKET
    )


def codes(refused: pytest.ExceptionInfo[InputRefused]) -> set[str]:
    return {fault.code for fault in refused.value.faults}


def test_a_signal_counts_once_and_other_content_is_refused_with_an_alarm(desk: Desk) -> None:
    """The same again is harmless; the same name with other content leaves the first and wakes people."""
    assert accept(desk, of(LIMIT)).new
    assert not accept(desk, of(LIMIT)).new
    with pytest.raises(Conflict):
        accept(desk, of(replace(LIMIT, value=9_000)))
    with desk.steps.database.read() as tx:
        assert grid_signals.every(tx) == [of(LIMIT)]
        assert [each.kind for each in alarms.in_order(tx)] == ["grid.signal.conflict"]


@pytest.mark.parametrize(
    ("signal", "code"),
    [
        (LIMIT, "wrong_signature"),
        (of(replace(LIMIT, source="stranger")), "unknown_source"),
        (of(replace(LIMIT, source="openadr:someone")), "wrong_signature"),
        (of(replace(LIMIT, source="emergency-door")), "unknown_source"),
        (of(replace(LIMIT, audience="elsewhere")), "wrong_audience"),
        (of(replace(LIMIT, expires=NOW - timedelta(days=1))), "expired"),
        (of(replace(LIMIT, target="nowhere")), "unknown_target"),
        (replace(of(LIMIT), value=1), "wrong_signature"),
    ],
)
def test_what_cannot_be_believed_changes_nothing(desk: Desk, signal: GridSignal, code: str) -> None:
    """Key, signature, audience, time and target are checked, and nothing of a refused signal is kept."""
    with pytest.raises(InputRefused) as refused:
        accept(desk, signal)
    assert codes(refused) == {code}
    with desk.steps.database.read() as tx:
        assert grid_signals.every(tx) == []


def test_a_record_and_its_signal_are_one(desk: Desk) -> None:
    """What a source sends is read back to the bit, and every fault of a broken record comes at once."""
    assert read_signal(sealed(KEY, LIMIT)) == of(LIMIT)
    broken = {**sealed(KEY, LIMIT), "value": True, "kind": ["stop"], "from": "2026-05-20", "target": "a\nb", "more": 1}
    faults = read_signal(broken)
    assert isinstance(faults, list)
    assert {fault.where.split(":")[1] for fault in faults} == {"value", "kind", "from", "target", "more"}


MOMENT = st.integers(0, 5).map(lambda hours: datetime(2026, 5, 20, hours, tzinfo=UTC))
SIGNALS = st.lists(
    st.builds(
        GridSignal,
        source=st.sampled_from(["a", "b"]),
        id=st.sampled_from(["1", "2"]),
        revision=st.integers(0, 3),
        audience=st.just("local"),
        kind=st.sampled_from(SignalKind),
        extent=st.just(Extent.SITE),
        target=st.just("shop"),
        value=st.integers(0, 5),
        unit=st.just(LimitUnit.W),
        starts=MOMENT,
        ends=MOMENT,
        expires=MOMENT,
        priority=st.integers(0, 1),
    ),
    max_size=5,
    unique_by=lambda each: each.name,
)


@given(SIGNALS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_changes_the_outcome(said: list[GridSignal], chance: object) -> None:
    """What is in force and which stops hold follow from the set of revisions alone."""
    start, end = datetime(2026, 5, 20, 1, tzinfo=UTC), datetime(2026, 5, 20, 2, tzinfo=UTC)
    first = in_force(said, start, end, start), stops(said, end, ())
    for other in list(permutations(said))[:24]:
        assert (in_force(other, start, end, start), stops(other, end, ())) == first
    newest = {
        (each.source, each.id): max(r.revision for r in said if (r.source, r.id) == (each.source, each.id))
        for each in said
    }
    assert all(newest[each.source, each.id] == each.revision for each in first[0])
    assert all(each.expires > start for each in first[0])


def test_a_later_revision_replaces_and_an_end_takes_back(desk: Desk) -> None:
    """Revisions may arrive in any order; after the end nothing is asked."""
    wider = replace(LIMIT, revision=1, value=2_000)
    accept(desk, of(wider))
    accept(desk, of(LIMIT))
    with desk.steps.database.read() as tx:
        (left,) = bounds_of(tx, desk, LATER).sites.values()
    assert left.limit_wh == 1_000
    accept(desk, of(replace(LIMIT, revision=2, kind=SignalKind.END)))
    with desk.steps.database.read() as tx:
        assert bounds_of(tx, desk, LATER) == Bounds({}, {})


def test_the_strictest_of_the_highest_priority_counts(desk: Desk) -> None:
    """A lower priority never narrows what a higher one leaves; among equals the least counts, rounded down."""
    low, one, two = (
        replace(LIMIT, id=name, value=limit, priority=p)
        for name, limit, p in (("a", 0, 0), ("b", 900, 1), ("c", 801, 1))
    )
    left = bounds(desk, [low, one, two], []).sites
    at = desk.roster.position["shop"]
    assert {key: (found.limit_wh, found.signal.id) for key, found in left.items()} == {(at, Side.BUY): (400, "c")}


def test_a_limit_of_a_branch_narrows_what_trades_may_use(desk: Desk) -> None:
    """Watts become Wh of the slot, permille a share of the rating; an island's branch carries nothing."""
    line = replace(LIMIT, extent=Extent.BRANCH, target="line", value=2_001)
    share = replace(line, id="e2", extent=Extent.NODE, target="street", unit=LimitUnit.PERMILLE, value=100)
    found = within(desk.connections, bounds(desk, [line, share], [])).for_trades
    assert dict(zip(found.branch_names, found.limit_wh.tolist(), strict=True)) == {"": 0, "trafo": 5_000, "line": 1_000}
    island = replace(line, kind=SignalKind.ISLAND)
    assert within(desk.connections, bounds(desk, [island], [])).for_trades.closed == ["line"]
    head = replace(line, extent=Extent.FEEDER, target="", value=200)
    assert within(desk.connections, bounds(desk, [head], [])).for_trades.limit_wh.tolist()[1:] == [100, 20_000]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(Side), st.integers(10, 900)), max_size=8), st.integers(0, 600)
)
def test_no_site_offers_more_than_a_signal_leaves(rows: list[tuple[int, Side, int]], limit_wh: int) -> None:
    """Orders cut to the bounds pass the screen; what no signal bounds is left as it was."""
    columns = np.array([(site, int(side), 1, energy, at) for at, (site, side, energy) in enumerate(rows)], np.int64)
    book = Book(*columns.reshape(-1, 5).T)
    bound = Bounds({}, {(1, Side.BUY): Left(limit_wh, LIMIT)})
    cut, _, cuts = cut_to_bounds(book, np.zeros(len(rows), bool), bound, np.zeros(3, np.int64))
    bounded = (cut.site == 1) & (cut.side == Side.BUY)
    assert int(cut.energy_wh[bounded].sum()) <= limit_wh
    free = (book.site != 1) | (book.side != Side.BUY)
    assert cut.energy_wh[~bounded].tolist() == book.energy_wh[free].tolist()
    assert bool(cuts) == (int(book.energy_wh[~free].sum()) > limit_wh)
    orders = [
        Order(str(at), 0, str(s), Side(d), 1, e, at)
        for at, (s, d, _, e, _) in enumerate(zip(*(c.tolist() for c in cut), strict=True))
    ]
    assert refused_by(bound, orders, {"0": 0, "1": 1, "2": 2}, np.zeros(3, np.int64)) == {}


def test_set_points_keep_to_the_bounds(desk: Desk) -> None:
    """A battery is told no more than its site may draw, and the record says what was cut and why."""
    bound = bounds(desk, [LIMIT], [])
    moves, (cut,) = cut_moves(bound, {"shop": (700, 0)}, desk.roster.position)
    assert moves == {"shop": (200, 0)}
    assert (cut["from_wh"], cut["to_wh"], cut["reason"]) == (700, 200, "a transformer is warm")


def test_the_order_desk_keeps_to_a_sites_limit_and_to_a_stop(desk: Desk) -> None:
    """A member reads why; within the limit it may order."""
    accept(desk, of(LIMIT))
    bid = Instruction(CommandKind.SUBMIT, "party-shop", "k", LATER, "shop", Side.BUY, 13_000, 201)
    with pytest.raises(InputRefused) as refused:
        instruct(desk, bid)
    assert codes(refused) == {ABOVE_GRID_LIMIT}
    assert instruct(desk, replace(bid, energy_wh=200))["left_wh"] == 200
    accept(desk, of(STOP))
    with pytest.raises(InputRefused) as refused:
        instruct(desk, replace(bid, key="k2", energy_wh=10))
    assert codes(refused) == {"grid_stopped"}


def person(name: str, *roles: AccountRole, kind: Kind = Kind.PERSON) -> Principal:
    return Principal(kind, name, f"party-{name}", frozenset(roles), fresh=True)


OPERATOR, GRID, LEGAL = AccountRole.OPERATOR, AccountRole.GRID, AccountRole.LEGAL
AOI, REN = person("aoi", OPERATOR), person("ren", OPERATOR, GRID)
REFUSED_ONES = (
    person("aoi", OPERATOR, GRID),
    person("ken", OPERATOR),
    person("mio", LEGAL),
    person("runtime", GRID, kind=Kind.AGENT),
    person("feed", GRID, kind=Kind.CLIENT),
    replace(person("yui", GRID), fresh=False),
    replace(person("yui", GRID), scopes=frozenset({"cases:decide"})),
)


def test_a_stop_holds_until_two_people_in_two_roles_resume(desk: Desk) -> None:
    """Neither its end, its expiry nor its source's own word lifts it; one person never does, in however many roles."""
    accept(desk, of(STOP))
    accept(desk, of(replace(STOP, revision=1, kind=SignalKind.END)))
    with desk.steps.database.read() as tx, pytest.raises(RuleBroken, match="fire at the pole"):
        require_running(tx, desk, LATER + 500)
    assert resume(desk, AOI, STOP.name, WHY).role == "operator"
    for asker in REFUSED_ONES:
        with pytest.raises(PermissionDenied):
            resume(desk, asker, STOP.name, WHY)
    with pytest.raises(PermissionDenied, match="may as grid"):
        resume(desk, REN, STOP.name, WHY, OPERATOR)
    assert resume(desk, REN, STOP.name, WHY).role == "grid"
    with desk.steps.database.read() as tx:
        require_running(tx, desk, LATER)


def test_a_word_that_cannot_count_is_refused_with_every_reason(desk: Desk) -> None:
    """An unknown stop and a reason that says nothing come back at once; what is lifted is lifted once."""
    with pytest.raises(InputRefused) as refused:
        resume(desk, AOI, "nothing", "fine")
    assert codes(refused) == {"unknown_stop", "no_reason"}
    accept(desk, of(STOP))
    for asker in (AOI, REN):
        resume(desk, asker, STOP.name, WHY)
    with pytest.raises(InputRefused) as refused:
        resume(desk, person("mio", AccountRole.ADMIN), STOP.name, WHY)
    assert codes(refused) == {"resumed"}


WORDS = st.lists(st.tuples(st.sampled_from(["operator", "grid"]), st.sampled_from(["aoi", "ren"])), max_size=4)


@given(WORDS)
def test_nobody_resumes_alone(words: list[tuple[str, str]]) -> None:
    """A stop is lifted only when two accounts have spoken, each in a role of its own."""
    lifted = resumed([Resumption("s", role, person, WHY, NOW) for role, person in words])
    assert bool(lifted) == (len(set(dict(words).values())) > 1)


def test_the_unknown_may_stop_and_nothing_else(desk: Desk) -> None:
    """The emergency door holds trading and alarms people; the same counts once, the fourth of an hour is too many."""
    done = [emergency_stop(desk, "smoke", f"tel {n}") for n in (1, 1, 2, 3, 4, 1)]
    assert [each and each.new for each in done] == [True, False, True, True, None, False]
    with desk.steps.database.read() as tx:
        assert len(holding(tx, desk, LATER)) == 3
        assert {each.kind for each in alarms.in_order(tx)} == {"grid.stop", "grid.stop.flood"}


def test_a_stop_of_one_node_holds_the_sites_below_it_only(desk: Desk) -> None:
    """Others trade on; whoever is inside may neither buy nor sell."""
    accept(desk, of(replace(STOP, extent=Extent.NODE, target="end")))
    with desk.steps.database.read() as tx:
        require_running(tx, desk, LATER)
        found = bounds_of(tx, desk, LATER).sites
    inside = [at for at, node in enumerate(desk.connections.node.tolist()) if node == 2]
    assert sorted(found) == [(at, side) for at in inside for side in Side]
    assert {left.limit_wh for left in found.values()} == {0}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_in_between_leaves_a_signal_whole_or_not_at_all(desk: Desk, database_url: str, moment: str) -> None:
    """The sender that heard nothing says it again, and it counts once, with its journal entry and its alarm."""

    def crash(point: str) -> None:
        if point == f"grid-signal:{moment}":
            raise KeyboardInterrupt

    fragile = Database(database_url, crash)
    with pytest.raises(KeyboardInterrupt):
        accept(replace(desk, steps=replace(desk.steps, database=fragile)), of(STOP))
    fragile.close()
    assert accept(desk, of(STOP)).new is (moment == "before")
    with desk.steps.database.read() as tx:
        assert [each.name for each in holding(tx, desk, LATER)] == [STOP.name]
        assert [each.subject for each in alarms.in_order(tx)] == [STOP.name]
        assert [each.subject for each in journal.entries(tx, "grid.signal")] == [STOP.name]
