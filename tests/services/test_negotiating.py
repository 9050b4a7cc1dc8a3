"""Members negotiate through their agents: what is agreed is kept, signed and filed; what may not be is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from deal_world import INVITATION, SLOT, premises
from sqlalchemy import text

from domain.errors import AuditBroken, InputRefused, PermissionDenied
from domain.party import Mandate
from identity import access
from market.negotiation.agenda import Offer
from memory.books import journal
from memory.database import Database
from memory.trading import negotiations, proposals
from services.deals.deal_parties import Invitation, Premises, parties
from services.deals.negotiating import held, negotiate
from services.deals.negotiation_record import ENDED, said_in, verify_negotiations


@pytest.fixture
def ready(database: Database, tmp_path: Path) -> Premises:
    return premises(database, tmp_path)


def codes(premises: Premises, invitation: Invitation) -> set[tuple[str, str]]:
    """Where and why a invitation is refused, and that nothing of it is kept."""
    with pytest.raises(InputRefused) as refused:
        negotiate(premises, invitation)
    with premises.steps.database.read() as tx:
        assert negotiations.find(tx, invitation.id) is None
    return {(fault.where, fault.code) for fault in refused.value.faults}


def test_an_agreement_is_kept_signed_and_filed(ready: Premises) -> None:
    """One row, one signed journal entry with both digests, one proposal that names them, all under one id."""
    row = negotiate(ready, INVITATION)
    with ready.steps.database.read() as tx:
        (filed,) = proposals.all(tx)
        (entry,) = journal.entries(tx, ENDED, row.id)
        assert verify_negotiations(tx) == 1
        assert journal.verify(tx, ready.steps.keys.publics()) > 0
    terms = said_in(row).agreed
    assert terms is not None
    assert (filed.id, filed.filed_slot, row.proposal_id) == (row.id, SLOT, row.id)
    assert filed.body["term_sheet"] == row.digest == journal.body_of(entry)["sheet"]
    assert filed.body["transcript"] == row.transcript[-1][-1] == journal.body_of(entry)["transcript"]
    assert filed.body["energy_wh"] == terms.volume_wh * 12 * 12 * 30
    assert filed.body["slot_end"] - filed.body["slot_first"] == 360 * 48
    assert any(row.digest in clause for clause in filed.body["extra_clauses"])


def test_the_same_wish_again_is_the_same_negotiation(ready: Premises) -> None:
    """Nothing is held, kept or filed twice; another slot is another negotiation."""
    first = negotiate(ready, INVITATION)
    assert negotiate(ready, INVITATION) == first
    assert replace(INVITATION, slot=SLOT + 1).id != INVITATION.id
    with ready.steps.database.read() as tx:
        assert len(proposals.all(tx)) == len(negotiations.all(tx)) == 1
        assert len(list(journal.entries(tx, ENDED))) == 1


def test_a_look_keeps_nothing_and_ends_as_the_negotiation_does(ready: Premises) -> None:
    """What ``held`` shows is what ``negotiate`` would keep."""
    row, proposal = held(ready, INVITATION)
    with ready.steps.database.read() as tx:
        assert not [*negotiations.all(tx), *proposals.all(tx)]
    assert negotiate(ready, INVITATION) == row
    with ready.steps.database.read() as tx:
        assert proposals.all(tx) == [proposal]


def test_both_gain_and_keep_inside_their_mandates(database: Database, tmp_path: Path) -> None:
    """Every offer of a side is inside its own mandate, and what is agreed is inside both."""
    sells, buys = Mandate("roof", 1, 10_500, 16_000, 0, 400), Mandate("shop", 1, 8_600, 12_500, 0, 600)
    narrow = premises(database, tmp_path, roof=sells, shop=buys)
    buyer, seller, _ = parties(narrow, INVITATION)
    said = said_in(negotiate(narrow, INVITATION))
    for entry in said.transcript:
        for offer in (Offer(*each) for each in entry.offers):
            own = sells if (entry.sender == 1) == (entry.act == "offer") else buys
            assert offer.volume_wh <= own.order_max_wh
            assert own is buys or offer.price_mjpy_per_kwh >= 10_500
            assert own is sells or offer.price_mjpy_per_kwh <= 12_500
    assert said.agreed is not None
    assert min(buyer.gain(said.agreed), seller.gain(said.agreed)) > 0


def test_no_agreement_is_kept_with_its_reason_and_files_nothing(database: Database, tmp_path: Path) -> None:
    """A seller who wants more than the buyer may pay: the sheet says why there are no terms."""
    apart = premises(
        database,
        tmp_path,
        roof=Mandate("roof", 1, 13_000, 16_000, 0, 3_000),
        shop=Mandate("shop", 1, 8_600, 9_500, 0, 3_000),
    )
    row = negotiate(apart, INVITATION)
    assert row.sheet["terms"] is None
    assert row.sheet["ending"] in {"deadline", "no_zone_of_agreement", "mandate_exceeded"}
    with apart.steps.database.read() as tx:
        assert proposals.all(tx) == []
        assert verify_negotiations(tx) == 1


def test_what_may_not_be_negotiated_is_refused_with_every_fault(ready: Premises) -> None:
    """Form first, all of it; then what stands in the mandates and on the meters, all of it."""
    assert codes(ready, Invitation("nobody", "nowhere", SLOT, 99)) == {
        ("SELLER", "unknown_site"),
        ("BUYER", "unknown_site"),
        ("--months", "out_of_range"),
    }
    assert codes(ready, Invitation("roof", "shed", SLOT)) == {("BUYER", "same_member")}
    assert codes(ready, Invitation("paused", "roof", SLOT)) == {("paused", "mandate_paused"), ("paused", "no_surplus")}
    assert codes(ready, Invitation("shop", "dark", SLOT)) == {("shop", "no_surplus")}


def test_a_mandate_that_leaves_no_room_refuses_the_negotiation(database: Database, tmp_path: Path) -> None:
    """Prices outside the corridor and too little energy are named, of both members at once."""
    closed = premises(
        database, tmp_path, roof=Mandate("roof", 1, 90_000, 0, 0, 1), shop=Mandate("shop", 1, 0, 100, 0, 1)
    )
    assert codes(closed, INVITATION) == {
        (site, code) for site in ("roof", "shop") for code in ("mandate_price", "mandate_energy")
    }


def test_without_the_grant_nobody_negotiates(ready: Premises) -> None:
    """The grant is asked for in the transaction that would keep the outcome; nothing of it stays."""
    with ready.steps.database.begin("revoke") as tx:
        access.revoke(tx, "runtime", "negotiate")
    with pytest.raises(PermissionDenied, match="negotiate"):
        negotiate(ready, INVITATION)
    with ready.steps.database.read() as tx:
        assert not [*negotiations.all(tx), *proposals.all(tx)]


ALTERED = {
    "entry 2 of the transcript": "jsonb_set(transcript, '{2,3,0,0}', '9999')",
    "the term sheet is not": "transcript",
    "entry 0 of the transcript": "jsonb_set(transcript, '{0,5}', '\"a note\"')",
}


@pytest.mark.parametrize("named", ALTERED)
def test_what_is_altered_afterwards_is_named(ready: Premises, named: str) -> None:
    """An offer, a note or the sheet: the audit says which negotiation and which entry."""
    row = negotiate(ready, INVITATION)
    sheet = "jsonb_set(sheet, '{energy_wh}', '1')" if ALTERED[named] == "transcript" else "sheet"
    with ready.steps.database.begin("alter") as tx:
        tx.execute(text("SET session_replication_role = replica"))
        tx.execute(text(f"UPDATE negotiation SET transcript = {ALTERED[named]}, sheet = {sheet}"))
    with ready.steps.database.read() as tx, pytest.raises(AuditBroken, match=f"negotiation {row.id}: {named}"):
        verify_negotiations(tx)
