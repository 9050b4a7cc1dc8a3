"""The state of the wires follows from accepted signals: never milder than the worst of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.grid_state import ANNOUNCED, RECOVERING, GridState, state_of

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMIT = GridSignal(
    "dso",
    "a",
    0,
    "local",
    SignalKind.IMPORT_LIMIT,
    Extent.FEEDER,
    "",
    400,
    LimitUnit.W,
    NOW - HOUR,
    NOW + HOUR,
    NOW + 2 * HOUR,
)
STOP = replace(LIMIT, id="s", kind=SignalKind.STOP)
LATER = replace(LIMIT, id="l", starts=NOW + HOUR, ends=NOW + 2 * HOUR, expires=NOW + 3 * HOUR)
signals = st.builds(
    replace,
    st.just(LIMIT),
    id=st.sampled_from("abc"),
    revision=st.integers(0, 2),
    kind=st.sampled_from(SignalKind),
    extent=st.sampled_from(Extent),
    starts=st.sampled_from([NOW - HOUR, NOW, NOW + HOUR]),
    ends=st.sampled_from([NOW + HOUR, NOW + 3 * HOUR]),
    expires=st.sampled_from([NOW, NOW + 3 * HOUR]),
)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], GridState.NORMAL),
        ([LATER], GridState.CAUTION),
        ([replace(LATER, starts=NOW + ANNOUNCED, ends=NOW + 2 * ANNOUNCED)], GridState.NORMAL),
        ([LIMIT], GridState.CURTAILED),
        ([LIMIT, replace(LIMIT, revision=1, kind=SignalKind.END)], GridState.NORMAL),
        ([replace(STOP, extent=Extent.SITE, target="S1")], GridState.ALERT),
        ([LIMIT, replace(LIMIT, id="i", kind=SignalKind.ISLAND)], GridState.ISLAND),
        ([LIMIT, STOP], GridState.EMERGENCY),
        ([STOP, replace(STOP, revision=1, kind=SignalKind.END)], GridState.EMERGENCY),
    ],
)
def test_the_worst_signal_says_the_state(said: list[GridSignal], state: GridState) -> None:
    """A source's end lifts its limit, never its stop."""
    assert state_of(said, {}, NOW) is state


def test_two_people_bring_an_emergency_back_by_way_of_recovery() -> None:
    """An hour of recovery from the second word on, unless something worse is said; then normal."""
    ended = replace(STOP, ends=NOW - timedelta(minutes=1))
    lifted = {STOP.name: NOW}
    assert state_of([ended], lifted, NOW) is GridState.RECOVERY
    assert state_of([ended, LIMIT], lifted, NOW) is GridState.CURTAILED
    assert state_of([ended], lifted, NOW + RECOVERING) is GridState.NORMAL


@given(st.lists(signals, max_size=6, unique_by=lambda each: each.name))
def test_no_order_of_arrival_and_no_further_stop_makes_it_milder(said: list[GridSignal]) -> None:
    """The state is the same whichever came first, and a stop of all wires makes it an emergency whatever else is."""
    assert state_of(said, {}, NOW) is state_of(said[::-1], {}, NOW)
    assert state_of([*said, STOP], {}, NOW) is GridState.EMERGENCY


steps = st.lists(st.tuples(st.sampled_from(["wait", "limit", "island", "stop", "end", "resume"]), st.integers(1, 50)))


@given(steps)
def test_no_sequence_leads_from_an_emergency_or_an_island_to_normal_at_once(sequence: list[tuple[str, int]]) -> None:
    """Whatever is said in whatever order: both turn normal by way of recovery, or while something milder is asked; and
    an emergency is entered by a stop alone and left by a resumption alone."""
    said: list[GridSignal] = []
    lifted: dict[str, datetime] = {}
    now, before = NOW, GridState.NORMAL
    for number, (what, minutes) in enumerate(sequence):
        if what in {"limit", "island", "stop"}:
            kinds = {"limit": SignalKind.IMPORT_LIMIT, "island": SignalKind.ISLAND, "stop": SignalKind.STOP}
            ends = now + timedelta(minutes=minutes)
            said.append(replace(LIMIT, id=str(number), kind=kinds[what], starts=now, ends=ends, expires=ends))
        elif what == "end":
            said += [replace(each, revision=1, kind=SignalKind.END, starts=now) for each in said[-1:]]
        elif what == "resume":
            lifted |= {each.name: now for each in said if each.kind is SignalKind.STOP and each.name not in lifted}
        else:
            now += timedelta(minutes=minutes)
        after = state_of(said, lifted, now)
        if before in {GridState.EMERGENCY, GridState.ISLAND}:
            assert after not in {GridState.NORMAL, GridState.CAUTION}
        if before is not GridState.EMERGENCY and after is GridState.EMERGENCY:
            assert what == "stop"
        if before is GridState.EMERGENCY and after is not GridState.EMERGENCY:
            assert what == "resume"
        before = after
