"""Scores that anybody can work out again: bounded, explained, and never better for worse conduct."""

from hypothesis import given
from hypothesis import strategies as st

from identity.credit import LIMIT_UJPY
from identity.reputation import UNKNOWN, WEIGHTS_PERMILLE, Conduct, credit_ujpy, score

conducts = st.builds(
    Conduct,
    owed_ujpy=st.integers(-10, 2 * LIMIT_UJPY),
    contracted_wh=st.integers(1, 10_000),
    delivered_wh=st.integers(0, 12_000),
    slots=st.integers(1, 5_000),
    measured_slots=st.integers(0, 5_000),
    conflicts=st.integers(0, 30),
)
MORE = st.integers(0, 5_000)


@given(conducts)
def test_a_score_is_the_weighted_sum_of_its_parts(conduct: Conduct) -> None:
    """Whole permille inside 0 to 1000, rounded down once, each part with its reason."""
    found = score(conduct)
    weighted = sum(WEIGHTS_PERMILLE[part.name] * part.permille for part in found.parts)
    assert 0 <= found.permille <= 1000
    assert found.permille == weighted // 1000
    assert sum(WEIGHTS_PERMILLE.values()) == 1000
    assert all(part.reason and 0 <= part.permille <= 1000 for part in found.parts)
    assert 0 <= credit_ujpy(found) <= LIMIT_UJPY


@given(conducts, MORE, MORE, MORE, st.integers(0, 5))
def test_worse_conduct_never_scores_better(
    conduct: Conduct, owed: int, undelivered: int, unmeasured: int, conflicts: int
) -> None:
    """More debt, less delivered, less measured or more contradictions: the score and the credit do not rise."""
    worse = conduct._replace(
        owed_ujpy=conduct.owed_ujpy + owed * 10_000_000,
        delivered_wh=max(conduct.delivered_wh - undelivered, 0),
        measured_slots=max(conduct.measured_slots - unmeasured, 0),
        conflicts=conduct.conflicts + conflicts,
    )
    assert score(worse).permille <= score(conduct).permille
    assert credit_ujpy(score(worse)) <= credit_ujpy(score(conduct))


def test_who_is_new_stands_in_the_middle_of_what_is_unknown() -> None:
    """Nothing sold and nothing read is no fault and no merit; owing nothing is known."""
    new = score(Conduct(0, 0, 0, 0, 0, 0))
    assert [part.permille for part in new.parts] == [1000, UNKNOWN, UNKNOWN]
    assert new.permille == 700
    assert credit_ujpy(new) == LIMIT_UJPY
