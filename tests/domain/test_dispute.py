"""A dispute's way: it comes to its end from everywhere, and silence never pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dispute import DisputeEvent, DisputeOutcome, DisputeStep, next_step, outcome_of
from domain.errors import TransitionRefused

PAYS = {DisputeOutcome.CORRECTED, DisputeOutcome.UPHELD}


@given(st.lists(st.sampled_from(list(DisputeEvent)), max_size=12))
def test_money_is_paid_only_on_somebodys_word(events: list[DisputeEvent]) -> None:
    """Whatever happens in whatever order: an end that pays has an agreement or a ruling on its way."""
    step, seen = DisputeStep.OPENED, []
    for event in events:
        try:
            became = next_step(step, event)
        except TransitionRefused:
            continue
        seen.append(event)
        if became is DisputeStep.ENDED:
            rulings = [each for each in seen if each in (DisputeEvent.UPHELD, DisputeEvent.DISMISSED)]
            ended = outcome_of(event, rulings[-1] if rulings else None)
            assert ended not in PAYS or {DisputeEvent.AGREED, DisputeEvent.UPHELD} & set(seen)
        step = became


def test_silence_leads_on_to_people_until_somebody_has_ruled() -> None:
    """Nobody answers at all: the dispute ends up outside, with what is held still held."""
    step = next_step(DisputeStep.OPENED, DisputeEvent.OFFER)
    way = [step]
    while step is not DisputeStep.OUTSIDE:
        step = next_step(step, DisputeEvent.SILENT)
        way.append(step)
    names = "offered answering mediation review outside"
    assert way == [DisputeStep(name) for name in names.split()]
    with pytest.raises(TransitionRefused):
        next_step(step, DisputeEvent.SILENT)


@given(st.sampled_from(list(DisputeEvent)))
def test_what_has_ended_moves_no_more(event: DisputeEvent) -> None:
    """Not even by a withdrawal."""
    with pytest.raises(TransitionRefused):
        next_step(DisputeStep.ENDED, event)
