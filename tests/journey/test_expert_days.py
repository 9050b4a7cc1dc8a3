"""Two demonstration days of one small market with a planted case of every trigger, natural ones counted apart."""

from datetime import date, timedelta
from typing import Any

import pytest
from worlds import Worlds

from benchmarks.expert_counts import figures
from benchmarks.expert_days import opened
from domain.account import AccountRole
from gridpact.demo import Run
from gridpact.places import Places
from gridpact.plan import Plan
from identity.authorisation import Kind, Principal
from policies.triggers import TRIGGERS
from services.policies import versions

DAYS = Plan(date(2026, 5, 20), 2, "1-LV-rural3--2-sw", 7, sites=12, slots=30, slot_min=60)
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
WHY = "two days are all that a test has time to trade"


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
    """What the market counted after its two days, every case at its end."""
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
