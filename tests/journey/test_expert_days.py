"""A demonstration day of one small market and the night after it, with a planted case of every trigger."""

from datetime import date, timedelta
from typing import Any

import pytest
from worlds import Worlds

from benchmarks.expert_counts import figures
from benchmarks.expert_days import days_of, measure, opened
from domain.account import AccountRole
from domain.errors import InputRefused
from gridpact.demo import Run
from gridpact.places import Places
from identity.authorisation import Kind, Principal
from policies.triggers import TRIGGERS
from services.policies import versions

DAYS = days_of(date(2026, 5, 20), 1, sites=12, slot_min=60)
PACK = "jp_demo_60min"
QUICK = f"""
id: quick
version: "1"
jurisdiction: JP
extends: {PACK}
demonstration: true
label: {{en: "quick - not for billing", ja: "試験用・請求には使用できません"}}
valid_from: 2026-04-01
valid_to: 2027-03-31
values:
  concentration_days:
    - {{value: "1", unit: day, valid_from: 2026-04-01, source: OPERATOR, confidence: policy, note: "for a test"}}
"""
"""The demonstration's rules in which one day of trades is enough for a share to say something."""
WHY = "one day and a night are all that a test has time to trade"


def quicken(run: Run) -> None:
    """Let these rules hold from the second day, as three people would."""
    sato, ito, mori = (
        Principal(Kind.PERSON, name, f"party-{name}", frozenset({AccountRole.LEGAL}), fresh=True)
        for name in ("sato", "ito", "mori")
    )
    rules, steps = run.ctx.rules, run.house.steps
    number = versions.draft(steps, rules, sato, QUICK, WHY).number
    for person in (ito, mori):
        versions.approve(steps, person, number, WHY)
    versions.activate(steps, rules, run.time, ito, number, DAYS.first_day + timedelta(1), WHY)


@pytest.fixture(scope="module")
def told(worlds: Worlds) -> dict[str, Any]:
    """What the market counted, every case at its end."""
    world = worlds.fresh()
    settings = world.settings | {"GRIDPACT_PACK": PACK}
    with opened(DAYS, settings, Places.of(world.data, world.cache), 0) as market:
        quicken(market.run)
        return market.trade()


def test_every_trigger_is_planted_and_every_planted_case_is_caught(told: dict[str, Any]) -> None:
    """Each of the 24 by its own finding, in the review that all contracts pass."""
    assert sorted(told["triggers"]) == list(TRIGGERS)
    assert {trigger for trigger, (planted, caught) in told["triggers"].items() if caught < planted} == set()
    assert figures([told])["trigger_recall"] == 1.0


def test_silence_rejects_and_never_approves(told: dict[str, Any]) -> None:
    """Cases were left to their deadlines under several rules of silence; not one contract of theirs stands."""
    assert told["timeout_approvals"] == 0
    assert told["unanswered"].keys() >= {"reject", "hold_funds", "safe_mode"}


def test_what_arises_by_itself_is_counted_apart(told: dict[str, Any]) -> None:
    """No planted deal is among the natural contracts, and no share is taken over both."""
    planted = sum(count for count, _ in told["triggers"].values())
    assert told["planted"]["contracts"] == planted
    assert told["natural"]["contracts"] > planted
    assert figures([told, told])["standard_automation"] == figures([told])["standard_automation"]


def test_a_case_that_is_missed_shows_in_the_recall_and_by_its_trigger() -> None:
    """Two markets are added up; a share over both is no mean of their shares."""
    alone = {"contracts": 4, "automatic": 3, "standard": 2, "standard_automatic": 2, "escalated": 1}
    none = dict.fromkeys(alone, 0)
    seen = {"natural": alone, "planted": none, "unanswered": {"reject": 1}, "timeout_approvals": 0}
    found = figures([seen | {"triggers": {"E01": (3, 3)}}, seen | {"triggers": {"E01": (1, 1), "E02": (4, 2)}}])
    assert (found["trigger_recall"], found["missed"], found["triggers_planted"]) == (6 / 8, ["E02"], 2)
    assert (found["standard_automation"], found["all_automation"], found["unanswered"]) == (1.0, 6 / 8, {"reject": 2})


def test_a_bench_of_too_few_days_is_refused() -> None:
    """Before anything is started: two markets need a day each."""
    with pytest.raises(InputRefused, match="not 1"):
        measure(1)
