"""A contract's life: the table, and nothing beside it."""

from itertools import product

import pytest

from domain.contract import TRANSITIONS, ContractEvent, ContractState, next_state
from domain.errors import TransitionRefused

STATES, EVENTS = ContractState, ContractEvent
ILLEGAL = sorted(set(product(STATES, EVENTS)) - TRANSITIONS.keys())
ENDED = {STATES.REJECTED, STATES.BLOCKED, STATES.SETTLED, STATES.CANCELLED}


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_a_move_of_the_table_leads_where_it_says(state: ContractState, event: ContractEvent) -> None:
    """Law: next_state is the table."""
    assert next_state(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_every_other_pair_is_refused_and_says_what_is_allowed(state: ContractState, event: ContractEvent) -> None:
    """Law: no move exists beside the table; the message names state, event and every allowed one."""
    with pytest.raises(TransitionRefused, match=f"is {state} cannot {event}") as refused:
        next_state(state, event)
    allowed = [each for known, each in TRANSITIONS if known is state]
    assert all(each in str(refused.value) for each in allowed)
    assert ("it has ended" in str(refused.value)) is (not allowed)


def test_every_state_is_reached_and_the_ends_are_ends() -> None:
    """From drafted every state can be reached; from the four ends nothing leads on."""
    reached = {STATES.DRAFTED}
    while new := {after for (before, _), after in TRANSITIONS.items() if before in reached} - reached:
        reached |= new
    assert reached == set(STATES)
    assert {state for state in STATES if not any(before is state for before, _ in TRANSITIONS)} == ENDED


def test_silence_and_cancelling_never_approve_and_the_chain_holds_approved_contracts_only() -> None:
    """The three promises that the table makes."""
    assert {after for (_, event), after in TRANSITIONS.items() if event is EVENTS.EXPIRE} == {STATES.REJECTED}
    assert {after for (_, event), after in TRANSITIONS.items() if event is EVENTS.CANCEL} == {STATES.CANCELLED}
    assert {before for (before, event) in TRANSITIONS if event is EVENTS.RECORD} == {STATES.APPROVED}
