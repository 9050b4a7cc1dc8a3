"""A dispute is opened: by a party about its own money, or by the rules where settled figures show trouble.

Only the disputed part is held, from that moment on. It is never more than the money that moved in the slots it is
about, less what other disputes about these slots hold or were paid.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.canonical import digest
from domain.dispute import DisputeStep
from domain.errors import Conflict, Fault, InputRefused, RuleBroken
from identity import access
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory import registry
from memory.books import ledger, settlements
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from memory.members import person_records
from memory.members.person_records import RecordKind
from memory.trading import contracts
from policies.dispute_rules import EXPLAINED, RAISED, DisputeRules
from services.disputes.docket import Docket, held_of, retailer_party
from services.money.booking import SETTLEMENT
from services.opening import RULES
from settlement.dispute import in_question_ujpy
from settlement.ledger import member

WORDS_MIN, WORDS_MAX, DAYS_MAX = 20, 2_000, 31


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is disputed. site_id: whose money; first_slot, last_slot: settled slots. disputed_ujpy: what the site should
    have received more, or paid less. says: the claimant's words. contract: digest, when it is about one with another
    member, who then stands on the other side; else the retailer does."""

    kind: str
    site_id: str
    first_slot: int
    last_slot: int
    disputed_ujpy: int
    says: str
    contract: str | None = None


def open_dispute(docket: Docket, asker: Principal, complaint: Complaint) -> DisputeRow:
    """Open a dispute for the asker's own party; the same again is the one that stands.

    Raises PermissionDenied, InputRefused with every fault, Conflict when the contract is disputed already, RuleBroken
    when the money in question does not carry it.
    """
    with docket.steps.database.begin("dispute") as tx:
        owner = {site.id: site.party_id for site in registry.sites(tx)}.get(complaint.site_id)
        require(asker, Action.RAISE_DISPUTE, Record(frozenset({owner} if owner else ())))
        rules = docket.of_today(tx)
        if faults := _faults(docket, rules, complaint):
            raise InputRefused(faults)
        return open_within(tx, docket, rules, complaint, asker)


def open_within(
    tx: Connection, docket: Docket, rules: DisputeRules, complaint: Complaint, asker: Principal | None
) -> DisputeRow:
    """The same inside a transaction, for a complaint without faults. asker: None where the rules noticed it."""
    disputes.lock_all(tx)
    dispute_id = f"D-{digest(_named(complaint))[:12]}"
    if (known := disputes.find(tx, dispute_id)) is not None:
        return known
    row = _row(tx, docket, rules, complaint, dispute_id, asker)
    access.require(tx, SETTLEMENT, "book")
    disputes.add(tx, row)
    ledger.book(tx, held_of(row))
    _say_of_conduct(tx, docket, row)
    body = {"kind": row.kind, "held_ujpy": row.disputed_ujpy, "by": row.raised_by}
    docket.steps.note(tx, SETTLEMENT, "dispute.opened", row.id, body)
    return row


def _named(complaint: Complaint) -> dict[str, object]:
    return {
        "kind": complaint.kind,
        "site": complaint.site_id,
        "slots": [complaint.first_slot, complaint.last_slot],
        "disputed_ujpy": complaint.disputed_ujpy,
        "contract": complaint.contract,
        "says": complaint.says,
    }


def _faults(docket: Docket, rules: DisputeRules, complaint: Complaint) -> list[Fault]:
    found = []
    if complaint.kind not in rules.types:
        found.append(Fault("kind", "unknown_type", f"a dispute is one of {', '.join(rules.types)}"))
    if not WORDS_MIN <= len(complaint.says.strip()) <= WORDS_MAX or "\x00" in complaint.says:
        found.append(Fault("says", "wrong_length", f"say what happened in {WORDS_MIN} to {WORDS_MAX} characters"))
    if complaint.disputed_ujpy < 0:
        found.append(Fault("disputed", "wrong_amount", "say what is disputed, zero or more"))
    slots = complaint.last_slot - complaint.first_slot + 1
    over = complaint.first_slot >= 0 and complaint.last_slot <= docket.time.at(docket.now())
    if not (over and 0 < slots <= DAYS_MAX * docket.time.per_day):
        found.append(Fault("slots", "not_a_span", f"a dispute is about 1 slot to {DAYS_MAX} days that are over"))
    elif not found and _too_late(docket, rules, complaint):
        found.append(Fault("slots", "too_late", f"raised within {rules.steps[RAISED].says['deadline']}"))
    return found


def _too_late(docket: Docket, rules: DisputeRules, complaint: Complaint) -> bool:
    until = rules.due(RAISED, docket.time.slot(complaint.last_slot).end)
    return until is not None and docket.now() > until


def _row(
    tx: Connection,
    docket: Docket,
    rules: DisputeRules,
    complaint: Complaint,
    dispute_id: str,
    asker: Principal | None,
) -> DisputeRow:
    owner = {site.id: site.party_id for site in registry.sites(tx)}
    against_site = _other_side(tx, complaint, owner)
    question = free_ujpy(tx, complaint)
    if complaint.disputed_ujpy > question:
        raise RuleBroken(f"{complaint.disputed_ujpy} uJPY are disputed, {question} uJPY are in question there")
    now = docket.now()
    return DisputeRow(
        id=dispute_id,
        kind=complaint.kind,
        site_id=complaint.site_id,
        party_id=owner[complaint.site_id],
        against_party=owner[against_site] if against_site else retailer_party(tx),
        against_site=against_site,
        contract_digest=complaint.contract,
        first_slot=complaint.first_slot,
        last_slot=complaint.last_slot,
        says=complaint.says,
        raised_by=asker.account if asker else RULES,
        opened_at=now,
        in_question_ujpy=question,
        disputed_ujpy=complaint.disputed_ujpy,
        offered_ujpy=0,
        paid_ujpy=0,
        evidence={},
        evidence_hash="",
        step=DisputeStep.OPENED,
        step_at=now,
        deadline=rules.due(EXPLAINED, now),
    )


def _other_side(tx: Connection, complaint: Complaint, owner: dict[str, str]) -> str | None:
    """The other site of the contract. Raises RuleBroken when the contract is not the site's, or its own on both
    sides."""
    if complaint.contract is None:
        return None
    sides = contracts.get(tx, complaint.contract)
    others = {sides.seller_site, sides.buyer_site} - {complaint.site_id}
    if len(others) != 1 or owner[other := others.pop()] == owner[complaint.site_id]:
        raise RuleBroken(f"contract {complaint.contract} is not between {complaint.site_id} and another member")
    return other


def free_ujpy(tx: Connection, complaint: Complaint) -> int:
    """The money in question that no other dispute holds or was paid from. Raises RuleBroken before settlement."""
    settled = settlements.of_slots(tx, complaint.first_slot, complaint.last_slot)
    if complaint.last_slot not in {row.slot for row in settled if row.site_id == complaint.site_id}:
        raise RuleBroken(
            f"slot {complaint.last_slot} of {complaint.site_id} is not settled: nothing is in question yet"
        )
    moved = ledger.of_slots(tx, complaint.first_slot, complaint.last_slot)
    others = disputes.touching(tx, complaint.site_id, complaint.first_slot, complaint.last_slot)
    taken = sum(each.paid_ujpy if each.step is DisputeStep.ENDED else each.disputed_ujpy for each in others)
    return max(in_question_ujpy(moved, member(complaint.site_id)) - taken, 0)


def _say_of_conduct(tx: Connection, docket: Docket, row: DisputeRow) -> None:
    """A dispute about another member's part in a contract is one about its conduct as well: it counts once ruled so."""
    if row.against_site is None:
        return
    person_records.lock(tx)
    known = person_records.of_party(tx, row.against_party)
    if any(each.body.get("contract") == row.contract_digest for each in known):
        raise Conflict(f"a dispute about contract {row.contract_digest} is on record already")
    body = {"contract": row.contract_digest, "raised_by": row.party_id, "money": row.id}
    person_records.add(tx, row.against_party, RecordKind.DISPUTE, body, docket.now(), row.raised_by)
