"""Casework: who holds a case, what is asked and answered, who signs for what, and what other terms do to it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from case_world import NOW, REASON, Casework, build, expert, member, open_case

from domain.account import AccountState
from domain.canonical import digest
from domain.case import CaseState, QueueOrder, Verdict
from domain.contract import ContractEvent
from domain.errors import Conflict, InputRefused, PermissionDenied, RuleBroken, Stale, TransitionRefused
from domain.party import Expertise
from memory import cases
from memory.access import accounts
from memory.books import journal
from memory.cases import CaseRow
from memory.casework import queue
from memory.casework.queue import Wanted
from memory.database import Database
from memory.trading import proposals
from memory.window import Window
from services.cases.amending import amend, consent
from services.cases.approving import approval_of, is_its_accounts
from services.cases.asking import answer, ask, escalate
from services.cases.bulk import BULK_VALUE_UJPY_MAX, decide_alike
from services.cases.cases import Ballot, decide, outcome
from services.cases.claiming import LEASE, claim, delegate, release
from services.cases.queue import file_of, usual_order


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Casework:
    return build(database, tmp_path)


def test_a_decision_is_signed_by_the_accounts_own_key_for_the_hash_shown(world: Casework) -> None:
    """The signature holds for this decision and no other, and the journal says for which digest the key was opened."""
    assert world.decide("sato") == 1
    with world.database.read() as tx:
        (said,) = cases.decisions(tx, "C-1")
        assert is_its_accounts(tx, said)
        for forged in (
            replace(said, verdict=Verdict.REJECT),
            replace(said, evidence_hash="0" * 64),
            replace(said, case_id="C-2"),
            replace(said, account_id="ito"),
            replace(said, expires_at=NOW + timedelta(days=9)),
        ):
            assert not is_its_accounts(tx, forged)
        (opened,) = journal.entries(tx, "approver_key.released", "sato")
    assert journal.body_of(opened)["digest"] == approval_of(said).digest().hex()


def test_no_key_is_opened_for_what_was_not_shown_or_an_old_sign_in(world: Casework) -> None:
    """Another hash, a session that is not fresh: nothing is signed and nothing stands."""
    with pytest.raises(Stale, match="look at it again"):
        world.decide("sato", shown="a" * 64)
    ballot = Ballot("C-1", Verdict.APPROVE, REASON, world.case().evidence_hash)
    with pytest.raises(PermissionDenied):
        decide(world.steps, expert("sato", fresh=False), ballot)
    with world.database.read() as tx:
        assert cases.decisions(tx, "C-1") == []
        assert [*journal.entries(tx, "approver_key.released")] == []


def test_two_reviewers_at_the_same_moment_give_one_decision(world: Casework) -> None:
    """Whoever comes second is told who decided; the case has one decision."""
    with ThreadPoolExecutor(2) as both:
        said = [each.exception() for each in [both.submit(world.decide, who) for who in ("sato", "ito")]]
    assert [each for each in said if each is None] == [None]
    assert [type(each) for each in said if each] == [Conflict]
    with world.database.read() as tx:
        assert len(cases.decisions(tx, "C-1")) == 1


def test_an_approval_counts_until_it_expires_and_while_its_account_is_there(world: Casework) -> None:
    """Of two approvals one is lost when its approver leaves; a rejection stands whoever leaves."""
    open_case(world, "C-2", lambda case: replace(case, roles=["grid", "legal"], approvals=2))
    world.decide("sato", case_id="C-2")
    world.decide("mori", case_id="C-2")
    with world.database.begin("look") as tx:
        case = cases.get(tx, "C-2")
        assert outcome(tx, case, NOW) is ContractEvent.APPROVE
        assert outcome(tx, case, case.deadline + timedelta(hours=2)) is ContractEvent.EXPIRE
        accounts.move(tx, "sato", AccountState.LEFT)
        assert outcome(tx, case, NOW) is None
    world.decide("ito", case_id="C-2")
    with world.database.read() as tx:
        assert outcome(tx, case, NOW) is ContractEvent.APPROVE


def test_a_claim_keeps_others_from_deciding_until_it_ends(world: Casework) -> None:
    """One holder; taking it again prolongs it; it ends by release, by time and with the holder's account."""
    claim(world.steps, expert("sato"), "C-1")
    for refused in (lambda: claim(world.steps, expert("ito"), "C-1"), lambda: world.decide("ito")):
        with pytest.raises(Conflict, match="sato has case C-1 in hand"):
            refused()
    world.clock.moment = NOW + LEASE / 2
    assert claim(world.steps, expert("sato"), "C-1").until == NOW + LEASE * 1.5
    release(world.steps, expert("sato"), "C-1")
    with pytest.raises(Conflict, match="does not hold"):
        release(world.steps, expert("sato"), "C-1")
    claim(world.steps, expert("ito"), "C-1")
    world.clock.moment += LEASE
    claim(world.steps, expert("sato"), "C-1")
    with world.database.begin("leaves") as tx:
        accounts.move(tx, "sato", AccountState.LOCKED)
    assert claim(world.steps, expert("ito"), "C-1").account_id == "ito"
    assert world.decide("ito") == 1


def test_a_case_is_handed_only_to_somebody_who_may_work_on_it(world: Casework) -> None:
    """By its holder, to another lawyer; not to a grid expert, nobody known, or from somebody who does not hold it."""
    with pytest.raises(Conflict):
        delegate(world.steps, expert("sato"), "C-1", "ito")
    claim(world.steps, expert("sato"), "C-1")
    for other in ("mori", "nobody"):
        with pytest.raises(PermissionDenied):
            delegate(world.steps, expert("sato"), "C-1", other)
    assert delegate(world.steps, expert("sato"), "C-1", "ito").delegated_by == "sato"
    with pytest.raises(Conflict, match="ito has"):
        world.decide("sato")


def test_an_answer_becomes_evidence_before_anybody_decides_and_never_after(world: Casework) -> None:
    """What was shown before it is stale; after a decision the evidence stays as it was decided on."""
    open_case(world, "C-2", lambda case: replace(case, roles=["grid", "legal"], approvals=2))
    before = world.case("C-2").evidence_hash
    with pytest.raises(InputRefused, match="P1, P2"):
        ask(world.steps, expert("sato"), "C-2", "P9", "who will wash the panels in winter?")
    ask(world.steps, expert("sato"), "C-2", "P1", "who will wash the panels in winter?")
    ask(world.steps, expert("sato"), "C-2", "P2", "do you know what that clause will cost?")
    with pytest.raises(Conflict):
        answer(world.steps, member(2), "C-2", 1, "the neighbour's son does it twice a year")
    assert answer(world.steps, member(1), "C-2", 1, "the neighbour's son does it twice a year")
    with pytest.raises(Conflict):
        answer(world.steps, member(1), "C-2", 1, "somebody else does it twice a year")
    changed = world.case("C-2")
    assert changed.evidence_hash == digest(changed.evidence) != before
    with pytest.raises(Stale):
        world.decide("sato", case_id="C-2", shown=before)
    world.decide("sato", case_id="C-2")
    assert not answer(world.steps, member(2), "C-2", 2, "yes, and I am glad to do it myself")
    assert world.case("C-2").evidence_hash == changed.evidence_hash


def test_further_expertise_is_asked_for_and_must_then_agree(world: Casework) -> None:
    """One lawyer is not enough any more; the grid expert decides with them."""
    assert escalate(world.steps, expert("sato"), "C-1", Expertise.GRID, REASON) == ["grid", "legal"]
    with pytest.raises(Conflict, match="adds nothing"):
        escalate(world.steps, expert("sato"), "C-1", Expertise.GRID, REASON)
    world.decide("sato")
    with world.database.read() as tx:
        assert outcome(tx, cases.get(tx, "C-1"), NOW) is None
    world.decide("mori")
    with world.database.read() as tx:
        assert outcome(tx, cases.get(tx, "C-1"), NOW) is ContractEvent.APPROVE


def test_other_terms_need_both_parties_and_are_filed_to_be_judged_anew(world: Casework) -> None:
    """One consent changes nothing; with the second the case is amended, and the new terms name what they replace."""
    made = amend(world.steps, expert("sato"), "C-1", {"extra_clauses": [], "price_mjpy_per_kwh": 11_000}, REASON)
    with pytest.raises(PermissionDenied):
        consent(world.steps, member(1, fresh=False), made.id)
    assert consent(world.steps, member(1), made.id).state == "proposed"
    with pytest.raises(Conflict, match="has consented"):
        consent(world.steps, member(1), made.id)
    with world.database.read() as tx:
        assert outcome(tx, cases.get(tx, "C-1"), NOW) is None
    assert consent(world.steps, member(2), made.id).state == "agreed"
    with world.database.read() as tx:
        case = cases.get(tx, "C-1")
        assert outcome(tx, case, NOW) is ContractEvent.AMEND
        filed = next(each for each in proposals.due(tx, 990_000) if each.id == made.id)
    assert (filed.body["extra_clauses"], filed.body["price_mjpy_per_kwh"]) == ([], 11_000)
    assert (filed.body["amends"], filed.body["amended_by"]) == (case.contract_digest, "sato")
    with pytest.raises(Conflict, match="other terms were agreed"):
        world.decide("sato")


@pytest.mark.parametrize(
    "changes", [{"energy_wh": 0}, {"energy_wh": "400"}, {"seller_site": "S9"}, {"slot_end": 1}, {"extra_clauses": [""]}]
)
def test_terms_that_nobody_may_or_could_agree_on_are_refused(world: Casework, changes: dict[str, Any]) -> None:
    """Only price, energy, end and clauses, in their own form, and only a possible deal."""
    with pytest.raises(InputRefused):
        amend(world.steps, expert("sato"), "C-1", changes, REASON)


def test_whoever_wrote_the_terms_does_not_decide_them(world: Casework) -> None:
    """The case of amended terms names their author, and the page of policies refuses it."""

    def authored(case: Any) -> Any:
        evidence = case.evidence | {"author": "sato"}
        return replace(case, evidence=evidence, evidence_hash=digest(evidence))

    open_case(world, "C-2", authored)
    with pytest.raises(PermissionDenied, match="nobody-approves-the-own-proposal"):
        world.decide("sato", case_id="C-2")
    assert world.decide("ito", case_id="C-2") == 1


def test_what_is_closed_takes_no_more_work(world: Casework) -> None:
    """After the deadline nothing is claimed, asked, escalated or amended."""
    world.clock.moment = NOW + timedelta(hours=4)
    late: list[Callable[[], object]] = [
        lambda: claim(world.steps, expert("sato"), "C-1"),
        lambda: ask(world.steps, expert("sato"), "C-1", "P1", REASON),
        lambda: escalate(world.steps, expert("sato"), "C-1", Expertise.GRID, REASON),
        lambda: amend(world.steps, expert("sato"), "C-1", {"energy_wh": 1}, REASON),
        lambda: world.decide("sato"),
    ]
    for each in late:
        with pytest.raises(TransitionRefused, match="silence rejects"):
            each()


def test_a_surge_is_sorted_by_harm_and_read_in_parts(world: Casework, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case once, the greatest harm first; in quiet times the nearest deadline first."""
    for number in range(2, 8):
        change = {"harm_ujpy": number % 3, "deadline": NOW + timedelta(hours=10 - number)}
        open_case(world, f"C-{number}", lambda case, change=change: replace(case, **change))  # type: ignore[misc]
    with world.database.read() as tx:
        for order in QueueOrder:
            seen: list[CaseRow] = []
            after: tuple[int | str, ...] = ()
            while found := queue.part(tx, Wanted(), order, Window(after, 2))[:2]:
                seen += found
                after = queue.place_of(found[-1], order)
            assert seen == sorted(cases.list(tx, CaseState.OPEN), key=lambda case: queue.place_of(case, order))
            assert len(seen) == 7
        assert usual_order(tx) is QueueOrder.DEADLINE
        monkeypatch.setattr("services.cases.queue.SURGE_CASES", 3)
        assert usual_order(tx) is QueueOrder.HARM
        asked = Wanted(role="legal", trigger="E13", text="CLAUSE")
        assert len(queue.part(tx, asked, QueueOrder.HARM, Window())) == 7
        assert queue.part(tx, Wanted(role="grid"), QueueOrder.HARM, Window()) == []


def test_nobody_decides_in_bulk_above_the_limit(world: Casework) -> None:
    """One large case, or one for two people, and none of them is decided; small ones alike go together."""
    open_case(world, "C-2")
    open_case(world, "C-3", lambda case: replace(case, harm_ujpy=BULK_VALUE_UJPY_MAX + 1))
    open_case(world, "C-4", lambda case: replace(case, roles=["grid", "legal"], approvals=2))

    def ballots(*named: str) -> list[Ballot]:
        return [Ballot(each, Verdict.APPROVE, REASON, world.case(each).evidence_hash) for each in named]

    for refused in (["C-1", "C-2", "C-3"], ["C-1", "C-4"], []):
        with pytest.raises(InputRefused):
            decide_alike(world.steps, expert("sato"), ballots(*refused))
    with world.database.read() as tx:
        assert cases.decisions(tx, "C-1") == []
    assert decide_alike(world.steps, expert("sato"), ballots("C-1", "C-2")) == ["C-1", "C-2"]


def test_the_file_of_a_case_holds_all_that_happened(world: Casework) -> None:
    """Claims, questions and decisions stand in its trail, in order, out of the journal."""
    claim(world.steps, expert("sato"), "C-1")
    ask(world.steps, expert("sato"), "C-1", "P1", "who will wash the panels in winter?")
    world.decide("sato")
    with world.database.read() as tx:
        file = file_of(tx, "C-1")
        with pytest.raises(RuleBroken, match="no case"):
            file_of(tx, "C-9")
    assert [each["kind"] for each in file.trail] == ["case.claimed", "case.asked", "case.decision"]
    assert (len(file.questions), len(file.decisions), file.claim) == (1, 1, None)
