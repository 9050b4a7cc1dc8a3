"""The clock of a case acts by itself, each thing once; a claim of a summary stands on evidence or not at all."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from case_world import Casework, build, open_case
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.case_house import context
from domain.contract import ContractEvent
from memory import alarms, cases
from memory.database import Database
from services.cases.case_clock import PASSED_ON, REMINDED, SAFE_MODE, act
from services.cases.cases import outcome
from services.cases.evidence import piece, with_pieces
from services.cases.summary_claims import claims_in

RULE = piece("rule:E01", "rule", {"text": "contract value JPY 420,000 above 300,000", "roles": ["finance"]})
MONEY = piece("money:impact", "money", {"seller_gets_ujpy": 420_000_000_000})
EVIDENCE, _ = with_pieces({}, [RULE, MONEY])


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Casework:
    return build(database, tmp_path)


def sounded(world: Casework) -> list[tuple[str, str]]:
    with world.database.read() as tx:
        return [(each.kind, each.subject) for each in alarms.in_order(tx)]


@pytest.mark.parametrize(("silence", "last"), [("reject", []), ("safe_mode", [SAFE_MODE])])
def test_the_clock_reminds_passes_on_and_executes_each_once(
    world: Casework, tmp_path: Path, silence: str, last: list[str]
) -> None:
    """Half, four fifths and all of a case's time; looked at again nothing is said again, and nothing ever approves."""
    case = open_case(world, "C-2", lambda case: _silent(case, silence))
    ctx = context(world.database, tmp_path / "keys.json", world.clock)
    heard = []
    for minutes in (119, 120, 191, 192, 239, 240, 300):
        world.clock.moment = case.opened_at + timedelta(minutes=minutes)
        for _ in range(2):
            act(ctx, case)
        heard.append([kind for kind, _ in sounded(world)])
    silent_end = [REMINDED, PASSED_ON, *last]
    assert heard == [[], *[[REMINDED]] * 2, *[[REMINDED, PASSED_ON]] * 2, *[silent_end] * 2]
    with world.database.begin("end") as tx:
        assert outcome(tx, cases.get(tx, "C-2"), world.clock()) is ContractEvent.EXPIRE


def _silent(case: cases.CaseRow, silence: str) -> cases.CaseRow:
    return replace(case, on_timeout=silence)


def test_who_has_decided_is_not_reminded(world: Casework, tmp_path: Path) -> None:
    """The clock is for silence."""
    world.decide("sato")
    world.clock.moment += timedelta(hours=3)
    act(context(world.database, tmp_path / "keys.json", world.clock), world.case())
    assert sounded(world) == []


@pytest.mark.parametrize(
    "line",
    [
        "1. the value is 420,000 JPY",
        "1. the value is 999,000 JPY [E01]",
        "1. the value is 420,000 JPY [E77]",
        "1. the value is 420,000 JPY [E01, money:other]",
        "the value is 420,000 JPY [E01]",
    ],
)
def test_a_claim_without_its_evidence_is_dropped(line: str) -> None:
    """None named, a number that is not there, an unknown piece, one of two unknown, no point at all."""
    assert claims_in(f"[template] Why:\n{line}", EVIDENCE) == []


def test_a_claim_carries_its_pieces_and_how_far_they_bear_it() -> None:
    """Confidence is the part of its longer words that stand in the pieces it names."""
    told = "head\n1. contract value JPY 420,000 above 300,000 [E01]\n2. contract value splendid sunshine [E01]"
    assert claims_in(told, EVIDENCE) == [
        {
            "text": "contract value JPY 420,000 above 300,000",
            "evidence": ["rule:E01"],
            "confidence_permille": 1_000,
        },
        {"text": "contract value splendid sunshine", "evidence": ["rule:E01"], "confidence_permille": 500},
    ]


@given(st.text(max_size=200))
def test_whatever_a_writer_says_no_claim_points_beside_the_evidence(told: str) -> None:
    """Hostile text raises nothing; every claim names pieces that are there, with a confidence from 0 to 1,000."""
    for claim in claims_in(f"1. {told} [E01]\n{told}", EVIDENCE):
        assert set(claim["evidence"]) <= {"rule:E01", "money:impact"}
        assert 0 <= claim["confidence_permille"] <= 1_000
