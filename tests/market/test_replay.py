"""A transcript played again leads to the same end, and nothing in it can be changed unseen."""

from typing import Any

import pytest
from deals import AGENDA, briefs, roof, shop
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import AuditBroken
from market.negotiation.conversation import converse
from market.negotiation.protocol import root
from market.negotiation.replay import replay
from market.negotiation.transcript import Entry, entry

SAID = converse(*briefs())


@settings(deadline=None, max_examples=15)
@given(st.integers(300, 1_200), st.integers(300, 1_200))
def test_a_transcript_leads_to_the_negotiation_that_wrote_it(need_wh: int, surplus_wh: int) -> None:
    """Agreed or not: the same entries, the same ending."""
    said = converse(*briefs(shop(need_wh), roof(surplus_wh)))
    assert replay(said.agenda, said.transcript) == said


@given(st.integers(0, len(SAID.transcript) - 1), st.sampled_from(Entry._fields))
def test_the_first_changed_entry_is_named(place: int, name: str) -> None:
    """Whatever field of whatever entry is changed, that entry is the one that does not hold."""
    other: Any = {"number": 99, "sender": 2, "offers": ((1, 2, 3, 4, 5),)}.get(name, "changed")
    changed = SAID.transcript[place]._replace(**{name: other})
    altered = (*SAID.transcript[:place], changed, *SAID.transcript[place + 1 :])
    with pytest.raises(AuditBroken, match=f"entry {place} of the transcript"):
        replay(AGENDA, altered)


def test_a_chain_that_holds_and_breaks_the_protocol_is_refused() -> None:
    """Whoever hashes anew cannot make a party speak out of turn."""
    first = SAID.transcript[0]
    forged = entry(0, 1 - first.sender, first.act, first.offers, first.reason, first.note, root(AGENDA))
    with pytest.raises(AuditBroken, match="entry 0 of the transcript breaks the protocol"):
        replay(AGENDA, (forged,))
