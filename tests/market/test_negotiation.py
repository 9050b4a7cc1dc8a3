"""Laws of the protocol: what is refused, how it ends, and that the record holds."""

from dataclasses import replace
from typing import Any

import pytest
from deals import AGENDA, HIGH, LOW, briefs

from domain.errors import AuditBroken, InputRefused, TransitionRefused
from domain.order import Side
from market.negotiation.agenda import Offer
from market.negotiation.conversation import converse
from market.negotiation.protocol import Act, Ending, Message, expire, open_negotiation, post, read_message, root
from market.negotiation.term_sheet import check, term_sheet
from market.negotiation.transcript import verify


def codes(refused: pytest.ExceptionInfo[InputRefused]) -> set[str]:
    return {fault.code for fault in refused.value.faults}


def raw(**changes: Any) -> dict[str, Any]:
    plain = {"negotiation": "deal-1", "number": 0, "sender": 1, "act": "offer", "previous": root(AGENDA)}
    return {**plain, "offers": [HIGH._asdict()], **changes}


def test_all_faults_of_form_come_at_once() -> None:
    """Unknown fields, unknown issues and what is no whole number are named together."""
    offer = {**HIGH._asdict(), "volume_wh": 200.0, "tenor_months": True, "colour": 3}
    with pytest.raises(InputRefused) as refused:
        read_message(AGENDA, raw(offers=[offer], act="shout", sender=7, extra=1, note=5, negotiation="deal-2"))
    wanted = "unknown_field unknown_issue not_whole unknown_act unknown_party wrong_type wrong_negotiation"
    assert codes(refused) == set(wanted.split())
    assert sum(fault.code == "not_whole" for fault in refused.value.faults) == 2


def test_all_faults_of_a_turn_come_at_once() -> None:
    """Who speaks out of turn, off the agenda and on the wrong link hears all three; the negotiation stays."""
    negotiation = open_negotiation(AGENDA)
    wrong = Message(3, Side.BUY, Act.OFFER, (LOW._replace(price_mjpy_per_kwh=9_001),), "0" * 64)
    with pytest.raises(InputRefused) as refused:
        post(negotiation, wrong)
    assert codes(refused) == {"out_of_turn", "off_agenda", "wrong_link"}
    assert negotiation.transcript == ()


def test_a_message_of_good_form_is_read_whole() -> None:
    """What comes in as a mapping goes on as a message, its note kept in the record."""
    message = read_message(AGENDA, raw(note="よろしく"))
    negotiation = post(open_negotiation(AGENDA), message)
    assert negotiation.on_table == (HIGH,)
    assert negotiation.transcript[0].note == "よろしく"


def test_only_what_lies_on_the_table_can_be_accepted() -> None:
    """An acceptance names one of the other's last offers and nothing else."""
    negotiation = post(open_negotiation(AGENDA), read_message(AGENDA, raw()))
    for offers in ((LOW,), (), (HIGH, LOW)):
        with pytest.raises(InputRefused) as refused:
            post(negotiation, Message(1, Side.BUY, Act.ACCEPT, offers, negotiation.head))
        assert codes(refused) == {"not_offered"}
    agreed = post(negotiation, Message(1, Side.BUY, Act.ACCEPT, (HIGH,), negotiation.head))
    assert (agreed.ending, agreed.agreed) == (Ending.AGREED, HIGH)


def test_after_the_last_round_no_offer_is_taken() -> None:
    """When both made all their offers, one may only accept or withdraw."""
    negotiation = open_negotiation(AGENDA)
    for number in range(AGENDA.offers_max):
        offer = (HIGH if number % 2 == 0 else LOW,)
        negotiation = post(negotiation, Message(number, AGENDA.turn_of(number), Act.OFFER, offer, negotiation.head))
    with pytest.raises(InputRefused) as refused:
        post(negotiation, Message(AGENDA.offers_max, Side.SELL, Act.OFFER, (HIGH,), negotiation.head))
    assert codes(refused) == {"after_deadline"}


def test_a_timeout_never_accepts() -> None:
    """Time that runs out ends a talk without a deal, whatever lies on the table, and nothing can be said after."""
    negotiation = expire(post(open_negotiation(AGENDA), read_message(AGENDA, raw())))
    assert (negotiation.ending, negotiation.agreed, negotiation.on_table) == (Ending.DEADLINE, None, ())
    with pytest.raises(InputRefused) as refused:
        post(negotiation, Message(1, Side.BUY, Act.ACCEPT, (HIGH,), negotiation.head))
    assert "ended" in codes(refused)
    with pytest.raises(TransitionRefused):
        expire(negotiation)


def test_a_withdrawal_gives_its_reason() -> None:
    """A person may leave at any turn; a reason that is none of the endings is refused."""
    negotiation = open_negotiation(AGENDA)
    left = post(negotiation, Message(0, Side.SELL, Act.WITHDRAW, (), negotiation.head, "withdrawn"))
    assert term_sheet(left).terms is None
    with pytest.raises(InputRefused) as refused:
        post(negotiation, Message(0, Side.SELL, Act.WITHDRAW, (), negotiation.head, "agreed"))
    assert codes(refused) == {"unknown_reason"}


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_changed_entry_is_named(place: int) -> None:
    """The first entry whose hash or link does not hold is the one that verification names."""
    transcript = converse(*briefs()).transcript
    verify(transcript, root(AGENDA))
    at = place % len(transcript)
    changed = (*transcript[:at], transcript[at]._replace(note="never said"), *transcript[at + 1 :])
    with pytest.raises(AuditBroken, match=f"entry {at} of"):
        verify(changed, root(AGENDA))
    with pytest.raises(AuditBroken, match="entry 0 of"):
        verify(transcript, root(replace(AGENDA, rounds=11)))


def test_a_term_sheet_stands_for_its_negotiation() -> None:
    """Its digest changes with any term, and a sheet that its transcript did not lead to is found out."""
    negotiation = converse(*briefs())
    sheet = term_sheet(negotiation)
    assert isinstance(sheet.terms, Offer)
    assert sheet.energy_wh == sheet.terms.volume_wh * 300 * sheet.terms.tenor_months
    check(sheet, negotiation)
    forged = replace(sheet, terms=sheet.terms._replace(price_mjpy_per_kwh=1))
    assert forged.digest != sheet.digest
    with pytest.raises(AuditBroken):
        check(forged, negotiation)
    with pytest.raises(TransitionRefused):
        term_sheet(open_negotiation(AGENDA))
