"""A deal that is not standard, from two mandates to a contract that has cooled off, on one durable thread."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
from inside import REDUCED_DAY, prepared
from pypdf import PdfReader
from sqlalchemy import text
from worlds import Worlds

from domain.account import AccountRole
from domain.case import Verdict
from domain.contract import ContractState
from domain.errors import AuditBroken, PermissionDenied, TransitionRefused
from domain.slot import Slot
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.authorisation import Kind, Principal
from memory.trading import papers, proposals
from memory.trading.papers import Act, PaperRow
from services.cases.cases import Ballot, decide
from services.deals.deal_parties import Invitation
from services.figures.audit import audit
from services.papers.concluding import consent, note_opened, withdraw
from services.papers.filing import contract_of
from services.papers.putting_on_paper import put_on_paper

REASON = "read the papers and the term sheet and found them in order"


class Dealt(NamedTuple):
    """A world in which a deal goes on paper, just before its first tick."""

    run: Run
    clock: HandClock
    deal: str

    @property
    def paper(self) -> PaperRow:
        with self.run.house.database.read() as tx:
            found = papers.find(tx, self.deal)
        assert found is not None
        return found

    def side(self, party: str, kind: Kind = Kind.PERSON) -> Principal:
        return Principal(kind, party, party, frozenset({AccountRole.MEMBER}), fresh=True)

    def agree(self) -> None:
        """Both sides open the explanation and consent."""
        for party in self.paper.parties:
            note_opened(self.run.house.steps, self.side(party), self.paper, self.paper.documents["pre_contract-ja"])
            consent(self.run.house.steps, self.side(party), self.deal)


@pytest.fixture(scope="module")
def dealt(worlds: Worlds) -> Iterator[Dealt]:
    with prepared(worlds.fresh(), replace(REDUCED_DAY, slots=3, planted=False, experts="human")) as (run, clock):
        ctx = run.ctx
        past = ctx.histories.until(run.traded[0] - ctx.time.unknown)
        seller, buyer = (ctx.roster.ids[int(past[name].sum(axis=1).argmax())] for name in ("export_wh", "import_wh"))
        invitation = Invitation(seller, buyer, run.traded[0], 6)
        put_on_paper(ctx.steps, invitation)
        put_on_paper(ctx.steps, invitation)  # the same again is the same deal
        run.scheduler.attend_cases()
        yield Dealt(run, clock, invitation.id)


def test_papers_are_drawn_up_and_delivered_and_nothing_is_filed(dealt: Dealt) -> None:
    """Explanation and contract in both languages, complete without a model; no consent, no proposal."""
    with dealt.run.house.database.read() as tx:
        acts = papers.acts(tx, dealt.deal)
        assert [each.id for each in proposals.all(tx)] == []
        assert audit(tx, dealt.run.ctx)["papers"] == 1
        kept = papers.document(tx, dealt.paper.documents["individual-ja"])
    assert [(each.kind, each.party_id) for each in acts] == [
        (Act.DELIVERED, party) for party in sorted(dealt.paper.parties)
    ]
    assert sorted(dealt.paper.documents) == ["individual-en", "individual-ja", "pre_contract-en", "pre_contract-ja"]
    assert kept is not None
    printed = "".join(each.extract_text() for each in PdfReader(io.BytesIO(kept.content)).pages)
    assert "第12条" in printed
    assert dealt.paper.free["origin"] == "template"


def test_nobody_agrees_before_reading_and_no_program_ever(dealt: Dealt) -> None:
    """An agent, a stranger, a side that has not opened the explanation, a stale sign-in: none of them concludes."""
    steps, party = dealt.run.house.steps, dealt.paper.parties[0]
    with pytest.raises(TransitionRefused, match="open the explanation"):
        consent(steps, dealt.side(party), dealt.deal)
    for asker in (
        dealt.side(party, Kind.AGENT),
        dealt.side(party, Kind.CLIENT),
        replace(dealt.side(party), fresh=False),
        dealt.side("somebody else"),
    ):
        with pytest.raises(PermissionDenied):
            consent(steps, asker, dealt.deal)
    note_opened(steps, dealt.side("somebody else"), dealt.paper, dealt.paper.documents["pre_contract-ja"])
    with dealt.run.house.database.read() as tx:
        assert {each.kind for each in papers.acts(tx, dealt.deal)} == {Act.DELIVERED}


def test_agreed_reviewed_recorded_withdrawn_and_audited(dealt: Dealt) -> None:
    """Consents file it, its slot drafts it, people approve it, the chain holds it, a side withdraws: one audit."""
    run, clock = dealt.run, dealt.clock
    dealt.agree()
    run.scheduler.attend_cases()
    live_tick(run, run.first_tick)
    (case,) = run.scheduler.open_cases()
    assert all(digest in str(case.evidence["terms"]["extra_clauses"]) for digest in dealt.paper.documents.values())
    for role in case.roles:
        expert = Principal(Kind.PERSON, role, f"expert-{role}", frozenset({AccountRole(role)}), fresh=True)
        decide(run.house.steps, expert, Ballot(case.id, Verdict.APPROVE, REASON, case.evidence_hash))
    clock.moment = Slot(run.first_tick + 1).start
    live_tick(run, run.first_tick + 1)
    with run.house.database.read() as tx:
        contract = contract_of(tx, dealt.deal)
        assert contract is not None
        assert contract.state is ContractState.RECORDED
        assert audit(tx, run.ctx)["papers"] == 1
    withdraw(run.house.steps, dealt.side(dealt.paper.parties[1]), dealt.deal)
    run.scheduler.attend_cases()
    with run.house.database.read() as tx:
        contract = contract_of(tx, dealt.deal)
        assert contract is not None
        assert contract.state is ContractState.CANCELLED
        audit(tx, run.ctx)
    clock.moment += timedelta(days=9)
    with pytest.raises(TransitionRefused, match="time to withdraw"):
        withdraw(run.house.steps, dealt.side(dealt.paper.parties[0]), dealt.deal)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE paper_document SET content = content || '\\x20'::bytea WHERE name = 'individual'", "individual-"),
        ("DELETE FROM paper_document WHERE name = 'pre_contract' AND language = 'en'", "pre_contract-en is missing"),
        ("UPDATE paper_act SET account_id = 'another' WHERE kind = 'consented'", "did not sign that it has consented"),
    ],
)
def test_a_changed_document_or_consent_is_named_by_the_audit(dealt: Dealt, statement: str, named: str) -> None:
    """One byte of a PDF, a PDF gone, another name under a consent: the audit names the paper."""
    with dealt.run.house.database.begin("alter") as tx:
        tx.execute(text("SET session_replication_role = replica"))
        tx.execute(text(statement))
        with pytest.raises(AuditBroken, match=named):
            audit(tx, dealt.run.ctx)
        tx.rollback()
