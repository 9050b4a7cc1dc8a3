"""From a charge point's samples to half hours."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.reading import Quality
from domain.slot import Slot
from gateways.ocpp.half_hours import Taken, half_hours
from memory.devices.chargers import AWAY, UNKNOWN, Sample

NOON = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
SLOT = Slot.at(NOON).index


def sample(minute: float, register_wh: int, held: int = UNKNOWN, connector: int = 1) -> Sample:
    return Sample(connector, NOON + timedelta(minutes=minute), register_wh, held)


def test_a_register_sampled_at_the_half_hours_is_measured() -> None:
    """Differences of what was said at the slots' ends, ten seconds either way; nothing of the slot still open."""
    given_samples = [sample(0, 1000), sample(30.1, 2500, 40), sample(45, 3000, 50), sample(60, 4000, AWAY)]
    assert half_hours(given_samples, None, 30) == [
        Taken(SLOT, 1500, 40, Quality.MEASURED),
        Taken(SLOT + 1, 1500, AWAY, Quality.MEASURED),
    ]


def test_between_samples_a_slot_is_estimated_unless_the_register_stood_still() -> None:
    """The straight line for what was counted on the way; a register that stood is known everywhere."""
    found = half_hours([sample(0, 0), sample(40, 4000, AWAY), sample(100, 4000, AWAY)], None, 30)
    assert [(each.charge_wh, each.quality) for each in found] == [
        (3000, Quality.ESTIMATED),
        (1000, Quality.ESTIMATED),
        (0, Quality.MEASURED),
    ]


def test_a_register_that_goes_back_or_leaps_begins_anew() -> None:
    """A changed meter invents no energy, and its slot says that something is missing."""
    found = half_hours([sample(0, 5000), sample(10, 7), sample(30, 207), sample(60, 10**9, AWAY)], None, 30)
    assert [(each.charge_wh, each.quality) for each in found] == [(200, Quality.ESTIMATED), (0, Quality.ESTIMATED)]


def test_a_connector_that_nobody_uses_is_not_waited_for() -> None:
    """Two connectors count together; one whose last transaction ended stands still."""
    both = [sample(0, 0), sample(60, 2000, UNKNOWN), sample(5, 10, UNKNOWN, 2), sample(15, 110, AWAY, 2)]
    assert [each.charge_wh for each in half_hours(both, None, 30)] == [1100, 1000]


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 3000)), min_size=2, max_size=40),
    st.integers(0, 39),
)
def test_half_hours_add_up_to_the_register_and_grow_alike(steps: list[tuple[int, int]], cut: int) -> None:
    """Whatever was sampled when: the slots add up to the register at their ends, and what was told once is what the
    whole would say, so that a slot told early is never contradicted."""
    seconds, register, samples = 0, 0, []
    for step_s, step_wh in steps:
        seconds, register = seconds + step_s, register + min(step_wh, step_s * 100)
        samples.append(sample(seconds / 60, register))
    whole = half_hours(samples, None, 30)
    early = half_hours(samples[: cut + 1], None, 30)
    assert whole[: len(early)] == early
    assert sum(each.charge_wh for each in whole) <= register - samples[0].register_wh
    assert all(each.charge_wh >= 0 for each in whole)
