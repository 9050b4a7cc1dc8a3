"""Seeded chance: the same everywhere and for ever, and shaped as it says."""

from statistics import mean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from simulation.chance import bell, whole

seeds = st.integers(0, 2**63)


def test_draws_never_change_between_machines_and_versions() -> None:
    """Golden draws: a change here would make every stored demonstration incomparable."""
    assert [whole(1, 0, 99, "golden", n) for n in range(6)] == GOLDEN_WHOLE
    assert [bell(1, 1000, "golden", n) for n in range(6)] == GOLDEN_BELL


@given(seeds, st.integers(-1000, 1000), st.integers(0, 1000), st.text())
def test_a_whole_draw_stays_within_its_bounds(seed: int, low: int, span: int, name: str) -> None:
    """Both bounds are included."""
    assert low <= whole(seed, low, low + span, name) <= low + span


@given(seeds, st.integers(0, 10_000), st.text())
def test_a_bell_draw_is_never_further_than_six_deviations(seed: int, deviation: int, name: str) -> None:
    """Twelve even draws have a hard bound."""
    assert abs(bell(seed, deviation, name)) <= 6 * deviation


def test_bell_draws_have_the_deviation_they_are_asked_for() -> None:
    """Over many names the mean is near zero and the deviation near the one given."""
    draws = [bell(3, 1000, n) for n in range(5000)]
    assert abs(mean(draws)) < 50
    assert 950 < pstdev(draws) < 1050


def test_names_draw_apart_from_each_other() -> None:
    """Another name, place or seed is another draw."""
    assert len({whole(s, 0, 2**60, *name) for s in (1, 2) for name in (("a",), ("b",), ("a", 1))}) == 6


GOLDEN_WHOLE = [20, 51, 39, 62, 42, 24]
GOLDEN_BELL = [-186, 1805, 87, -1110, 223, -1270]
