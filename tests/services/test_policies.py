"""Versions of the rules: two people besides who drafted them, never a traded day, always the version on record."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountRole
from domain.contract import ContractState
from domain.errors import Conflict, InputRefused, PermissionDenied, RuleBroken
from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from identity import access
from identity.authorisation import Kind, Principal
from identity.keys import KeyRing
from memory.books import journal
from memory.database import Database
from memory.trading import clearings, contracts, rule_decisions
from memory.trading.clearings import ClearingRow
from memory.trading.contracts import ContractRow
from memory.trading.rule_decisions import RuleDecision
from policies.facts import UNKNOWN, Facts
from policies.licences import LicenceState
from policies.pack import load_pack, pack_of
from policies.triggers import evaluate
from services.market_time import MarketTime
from services.policies.active import follow
from services.policies.backtest import STOPPED, backtest, figures
from services.policies.decisions import facts_of, facts_record
from services.policies.versions import activate, approve, draft, rollback, standings
from services.rules import Rules
from services.steps import Steps

NOW = datetime(2026, 5, 20, 3, tzinfo=UTC)
WHY = "the levy of the new year was published"
DAY, NEXT, LATER = date(2026, 5, 20), date(2026, 5, 21), date(2026, 6, 1)
YEN = 1_000_000
HEAD = """id: jp_demo_tighter
version: "2026.12"
jurisdiction: JP
extends: jp_demo
demonstration: true
label: {en: "Tighter - not for billing", ja: "厳格化・請求には使用できません"}
valid_from: 2026-04-01
valid_to: 2027-03-31
"""
TIGHTER = (
    HEAD
    + """values: {}
triggers:
  E01:
    name: {en: Contract value, ja: 契約金額}
    unit: JPY
    source: OPERATOR
    on_timeout: reject
    bands:
      - {upto: 100, action: auto}
      - {action: escalate, roles: [finance], approvals: 1, sla: S2}
    unknown: {action: block, roles: [finance, legal], approvals: 2, sla: S2, note: "no value"}
"""
)
LAPSED = (
    HEAD + "values:\n  levy: {value: 4, unit: JPY/kWh, valid_from: 2026-06-01, source: OPERATOR, confidence: policy}\n"
)

LEGAL = AccountRole.LEGAL


def person(name: str, party: str = "", *, fresh: bool = True) -> Principal:
    return Principal(Kind.PERSON, name, party or f"party-{name}", frozenset({LEGAL}), fresh=fresh)


AUTHOR, FIRST, SECOND = person("sato"), person("ito"), person("mori")


@pytest.fixture
def rules() -> Rules:
    return Rules(load_pack("jp_demo"), "tokyo")


@pytest.fixture
def time(rules: Rules) -> MarketTime:
    return MarketTime(rules.product, ZoneInfo("Asia/Tokyo"))


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    with database.begin("world") as tx:
        access.grant_defaults(tx)
    return Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)


def drafted(steps: Steps, rules: Rules, text: str = TIGHTER) -> int:
    return draft(steps, rules, AUTHOR, text, WHY).number


def test_a_version_holds_once_two_others_approved_it_and_from_its_day_on(
    steps: Steps, rules: Rules, time: MarketTime
) -> None:
    """Draft, two approvals, activation, rollback: each day has the version that was activated for it last."""
    number = drafted(steps, rules)
    approve(steps, FIRST, number, WHY)
    with pytest.raises(RuleBroken, match="1 of 2 approvals"):
        activate(steps, rules, time, FIRST, number, NEXT, WHY)
    approve(steps, SECOND, number, WHY)
    activate(steps, rules, time, FIRST, number, NEXT, WHY)
    with steps.database.read() as tx:
        follow(tx, rules)
    assert [rules.version_on(day) for day in (DAY, NEXT, LATER)] == [1, 2, 2]
    assert rules.on(NEXT).id == "jp_demo_tighter"
    rollback(steps, rules, time, SECOND, LATER, WHY)
    with steps.database.read() as tx:
        follow(tx, rules)
        kinds = [entry.kind for entry in journal.entries(tx)]
        told = standings(tx, rules)
    assert [rules.version_on(day) for day in (DAY, NEXT, LATER)] == [1, 2, 1]
    assert kinds == ["policy.drafted", *["policy.approved"] * 2, *["policy.activated"] * 2]
    assert [(each.number, each.approved_by) for each in told] == [(1, ()), (2, ("ito", "mori"))]


def test_who_drafted_it_approves_nothing_and_nobody_counts_twice(steps: Steps, rules: Rules, time: MarketTime) -> None:
    """Not under another account of the same party either, not without a fresh sign-in, and no program ever."""
    number = drafted(steps, rules)
    refused = [
        AUTHOR,
        person("sato-at-night", AUTHOR.party),
        person("ito", fresh=False),
        replace(FIRST, kind=Kind.CLIENT),
        replace(FIRST, kind=Kind.AGENT),
        replace(FIRST, roles=frozenset({AccountRole.OPERATOR})),
    ]
    for asker in refused:
        with pytest.raises(PermissionDenied):
            approve(steps, asker, number, WHY)
    approve(steps, FIRST, number, WHY)
    with pytest.raises(Conflict, match="two people"):
        approve(steps, person("ito-again", FIRST.party), number, WHY)
    approve(steps, SECOND, number, WHY)
    with pytest.raises(PermissionDenied):
        activate(steps, rules, time, AUTHOR, number, NEXT, WHY)
    with pytest.raises(PermissionDenied):
        draft(steps, rules, replace(FIRST, roles=frozenset({AccountRole.MEMBER})), TIGHTER, WHY)


def test_a_day_that_is_traded_keeps_its_rules(steps: Steps, rules: Rules, time: MarketTime) -> None:
    """An activation for it, or for a day before, is refused; so is one for a day on which a value does not hold."""
    with steps.database.begin("trade") as tx:
        clearings.save(tx, ClearingRow(time.slots_of(DAY)[3], None, 0, 0, 0, {}))
    number = drafted(steps, rules, LAPSED)
    for asker in (FIRST, SECOND):
        approve(steps, asker, number, WHY)
    with pytest.raises(RuleBroken, match="2026-05-20 is traded already"):
        activate(steps, rules, time, FIRST, number, DAY, WHY)
    with pytest.raises(RuleBroken, match="levy does not hold on 2026-05-21"):
        activate(steps, rules, time, FIRST, number, NEXT, WHY)
    assert activate(steps, rules, time, FIRST, number, LATER, WHY).from_day == LATER
    with pytest.raises(RuleBroken, match="there is no version 7"):
        activate(steps, rules, time, FIRST, 7, LATER, WHY)


FAULTY = {
    "conflict": (TIGHTER.replace("values: {}", "values:\n  levy:\n" + "    - {value: 4, unit: JPY/kWh, "
                 "valid_from: 2026-04-01, source: OPERATOR, confidence: policy}\n" * 2), ""),
    "other_jurisdiction": (TIGHTER.replace("jurisdiction: JP", "jurisdiction: DE"), ""),
    "other_product": (TIGHTER.replace("extends: jp_demo", "extends: jp_demo_15min"), ""),
    "too_short": (TIGHTER, "because"),
    "not_yaml": ("a: [1\nb: }", ""),
    "unknown_field": (TIGHTER + "surprise: 1\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("code", FAULTY)
def test_a_draft_that_cannot_hold_is_refused_with_its_fault(steps: Steps, rules: Rules, code: str) -> None:
    """Values in conflict, another market's rules, a text that is no pack, a reason that says nothing."""
    text, reason = FAULTY[code]
    with pytest.raises(InputRefused) as refused:
        draft(steps, rules, AUTHOR, text, reason or WHY)
    assert code in {fault.code for fault in refused.value.faults}


kept_facts = st.builds(
    Facts,
    value_ujpy=st.integers(0, 300 * YEN),
    energy_wh_per_year=st.integers(0, 10**6),
    tenor_days=st.integers(1, 10),
    price_mjpy_per_kwh=st.integers(8_600, 14_000),
    reference_price_mjpy_per_kwh=st.integers(9_000, 13_000),
    corridor=st.just(Corridor(8_500, 19_888)),
    seller_area=st.just("tokyo"),
    buyer_area=st.just("tokyo"),
    equipment=st.lists(st.sampled_from(Certification), max_size=2).map(tuple),
    licences=st.just((LicenceState.COMPLETE,)),
    licence_reasons=st.sampled_from([(), ("sound",)]),
    support_scheme=st.just("none"),
    surveillance=st.sampled_from([(), ("none",), ("wash_trade",)]),
    exposure_ujpy=st.just(UNKNOWN) | st.integers(0, 10**9),
    exposure_limit_ujpy=st.just(10**10),
    grid_state=st.none() | st.sampled_from([GridState.NORMAL, GridState.CURTAILED]),
    account_day_ujpy=st.just(YEN),
    zone_day_ujpy=st.just(YEN),
)


@given(kept_facts)
def test_facts_come_back_from_the_record_as_they_were(facts: Facts) -> None:
    """So a decision can be judged again by anybody, years later."""
    assert facts_of(facts_record(facts)) == facts


STANDARD = Facts(
    *(0, 500, 1, 12_000, 12_000, Corridor(8_500, 19_888), "tokyo", "tokyo"),
    equipment=(Certification.CERTIFIED,),
    licences=(LicenceState.COMPLETE,),
    support_scheme="none",
    exposure_ujpy=YEN,
    exposure_limit_ujpy=10**10,
    grid_state=GridState.NORMAL,
    account_day_ujpy=YEN,
    zone_day_ujpy=YEN,
)


def on_record(steps: Steps, rules: Rules, slot: int, values_jpy: list[int]) -> None:
    """Contracts of one slot with what the rules of then decided of them."""
    terms = {"slot_first": slot, "slot_end": slot + 1}
    with steps.database.begin("record") as tx:
        for at, value_jpy in enumerate(values_jpy):
            digest, facts = f"d{at}", replace(STANDARD, value_ujpy=value_jpy * YEN)
            judged = evaluate(facts, rules.pack, DAY)
            state = ContractState.DRAFTED
            contracts.save(tx, [ContractRow(digest, slot, digest, None, "S1", "S2", 500, 12_000, True, state, terms)])
            kept = RuleDecision(digest, slot, 1, rules.pack.digest, str(judged.action), [], [], facts_record(facts))
            rule_decisions.save(tx, [kept])


def test_a_back_test_names_the_contracts_that_would_flip(steps: Steps, rules: Rules, time: MarketTime) -> None:
    """Those above the new bound and no others; the version that held says today what it said then."""
    values = [10, 99, 100, 101, 5_000]
    on_record(steps, rules, time.slots_of(DAY)[20], values)
    told: list[date] = []
    with steps.database.read() as tx:
        found = backtest(tx, rules, time, [DAY, NEXT], pack_of("draft", TIGHTER), told.append)
    assert told == [DAY, NEXT]
    assert (found.days, len(found.before), found.changed_since) == (1, 5, 0)
    assert [(flip.contract, flip.before, flip.after) for flip in found.flips] == [
        (f"d{at}", "pass", "escalate") for at, value in enumerate(values) if value > 100
    ]
    assert {flip.triggers for flip in found.flips} == {("E01",)}
    before, after = figures(found.before), figures(found.after)
    assert (before["contract_automation"], after["contract_automation"]) == (1.0, 0.6)
    assert (before["passed_kwh"], after["passed_kwh"]) == (2.5, 1.5)


def test_a_back_test_stops_the_days_on_which_a_value_does_not_hold(
    steps: Steps, rules: Rules, time: MarketTime
) -> None:
    """A version without a levy for the day trades nothing of it."""
    on_record(steps, rules, time.slots_of(DAY)[20], [10, 20])
    with steps.database.read() as tx:
        found = backtest(tx, rules, time, [DAY], pack_of("draft", LAPSED), lambda day: None)
    assert [flip.after for flip in found.flips] == [STOPPED] * 2
    assert figures(found.after)["stopped"] == 2
