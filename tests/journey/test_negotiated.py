"""A deal that two agents negotiated goes the way of every deal beside the auction, to the chain and under the audit."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from inside import REDUCED_DAY, prepared
from sqlalchemy import text
from worlds import World, Worlds, document

from domain.account import AccountRole
from domain.case import Verdict
from domain.contract import ContractState
from domain.errors import AuditBroken
from domain.slot import Slot
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.authorisation import Kind, Principal
from memory import cases
from memory.cases import CaseRow
from memory.trading import contracts
from memory.trading.negotiations import NegotiationRow
from services.cases.cases import Ballot, decide
from services.deals.deal_parties import Invitation, Premises
from services.deals.negotiating import negotiate
from services.figures.audit import audit

REASON = "read the transcript and the term sheet and found them in order"


class Negotiated(NamedTuple):
    """A world in which two members agreed and people approved. case: as it stood before anyone had spoken."""

    world: World
    run: Run
    clock: HandClock
    row: NegotiationRow
    case: CaseRow


@pytest.fixture(scope="module")
def negotiated(worlds: Worlds) -> Iterator[Negotiated]:
    """The site with the most to sell and the one that takes most agree before the first slot; experts approve."""
    world = worlds.fresh()
    with prepared(world, replace(REDUCED_DAY, slots=2, planted=False, experts="human")) as (run, clock):
        ctx = run.ctx
        past = ctx.histories.until(run.traded[0] - ctx.time.unknown)
        seller, buyer = (ctx.roster.ids[int(past[name].sum(axis=1).argmax())] for name in ("export_wh", "import_wh"))
        premises = Premises(ctx.steps, ctx.rules, ctx.roster, ctx.histories, ctx.time)
        row = negotiate(premises, Invitation(seller, buyer, run.traded[0], 6))
        live_tick(run, run.first_tick)
        (case,) = run.scheduler.open_cases()
        with run.house.database.read() as tx:
            shown = cases.get(tx, case.id).evidence_hash
        for role in case.roles:
            expert = Principal(Kind.PERSON, role, f"expert-{role}", frozenset({AccountRole(role)}), fresh=True)
            decide(run.house.steps, expert, Ballot(case.id, Verdict.APPROVE, REASON, shown))
        clock.moment = Slot(run.first_tick + 1).start
        live_tick(run, run.first_tick + 1)
        yield Negotiated(world, run, clock, row, case)


def test_the_next_slot_drafts_what_was_agreed_and_people_are_asked(negotiated: Negotiated) -> None:
    """The contract has the agreed energy and price, and a clause with the term sheet's digest; the case shows it."""
    terms, sheet = negotiated.case.evidence["terms"], negotiated.row.sheet
    assert terms["deal"] == negotiated.row.proposal_id
    assert terms["energy_wh"] == sheet["energy_wh"]
    assert terms["price_mjpy_per_kwh"] == sheet["terms"]["price_mjpy_per_kwh"]
    assert any(negotiated.row.digest in clause for clause in terms["extra_clauses"])
    assert "E13" in {each["trigger"] for each in negotiated.case.findings}


def test_what_people_approved_is_recorded_on_the_chain(negotiated: Negotiated) -> None:
    """The chain holds the decision on the contract, and the audit counts the negotiation among what holds."""
    ctx = negotiated.run.ctx
    with negotiated.run.house.database.read() as tx:
        deal = contracts.get(tx, negotiated.case.contract_digest)
        assert len(cases.decisions(tx, negotiated.case.id)) == len(negotiated.case.roles)
        assert audit(tx, ctx)["negotiations"] == 1
    assert deal.state is ContractState.RECORDED
    assert ctx.chain.decision_of(deal.digest)


def test_a_transcript_that_was_altered_is_named_by_the_audit(negotiated: Negotiated) -> None:
    """The first broken entry of the named negotiation; undone, everything holds again."""
    database, broken = negotiated.run.house.database, f"negotiation {negotiated.row.id}: entry 1 "
    with database.begin("alter") as tx:
        tx.execute(text("SET session_replication_role = replica"))
        tx.execute(text("UPDATE negotiation SET transcript = jsonb_set(transcript, '{1,3,0,0}', '1')"))
        with pytest.raises(AuditBroken, match=broken):
            audit(tx, negotiated.run.ctx)
        tx.rollback()
    with database.read() as tx:
        assert audit(tx, negotiated.run.ctx)["negotiations"] == 1


def test_the_command_shows_what_was_said_and_gains_of_one_side_only(negotiated: Negotiated) -> None:
    """Without a side no message bears a gain; with one every offer does, and the chain was verified before."""
    row = negotiated.row
    plain = document(negotiated.world.command("negotiate", "--show", row.id, "--json"))
    seen = document(negotiated.world.command("negotiate", "--show", row.id, "--side", "sell", "--json"))
    assert plain["verified"] is seen["verified"] is True
    assert len(plain["transcript"]) == row.sheet["messages"]
    assert not any("own_gain_ujpy" in offer for said in plain["transcript"] for offer in said["offers"])
    assert seen["transcript"][-1]["offers"][0]["own_gain_ujpy"] > 0
    gains = [offer["own_gain_ujpy"] for said in seen["transcript"] for offer in said["offers"]]
    assert all(gain is None or abs(gain) < 10**15 for gain in gains)


def test_a_finished_demonstration_is_only_looked_at(finished: World, negotiated: Negotiated) -> None:
    """The term sheet is shown, nothing is kept or filed, and the line says why."""
    row = negotiated.row
    ended = finished.command("negotiate", row.seller_site, row.buyer_site, "--months", "6")
    assert ended.returncode == 0, ended.stderr
    assert "nothing was filed" in ended.stdout
    again = finished.command("negotiate", "--show", row.id)
    assert again.returncode == 1
    assert "known: none" in again.stderr
    refused = finished.command("negotiate", "nobody", row.buyer_site, "--months", "99")
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 2
