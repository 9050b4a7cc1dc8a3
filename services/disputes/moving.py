"""A dispute moves: what is due follows from its row, what people said, and the clock, and is done in one transaction.

The row is locked, the event is worked out under the lock, and the move commits with the money it releases, the case it
opens and the entry that says so. So a process may die anywhere: what had not committed is worked out again, what had
is not due any more. Silence moves a dispute on to people; it never pays.
"""

from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from domain.dispute import DisputeEvent, DisputeOutcome, DisputeStep, DisputeWord, next_step, outcome_of
from domain.errors import RuleBroken
from identity import access
from memory import alarms
from memory.books import ledger, outbox
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from memory.learning.episodes import EPISODE
from memory.members import person_records
from memory.members.person_records import RecordKind
from policies.dispute_rules import ANSWERED, CORRECTED, MEDIATED, OUTSIDE, REVIEWED, DisputeRules
from services.cases.cases import ENDED
from services.context import TradeContext
from services.disputes.answering import RULING, said_since
from services.disputes.correcting import correction_ujpy
from services.disputes.docket import Docket, held_of
from services.disputes.evidence import evidence_of
from services.disputes.hearing import HEARD, open_hearing, ruled
from services.money.booking import SETTLEMENT
from services.opening import RULES
from settlement.dispute import release

EVIDENCE_LATE, HELD_UP = "dispute.evidence_late", "dispute.held"
_STEP_OF = {
    DisputeStep.OFFERED: CORRECTED,
    DisputeStep.ANSWERING: ANSWERED,
    DisputeStep.MEDIATION: MEDIATED,
    DisputeStep.RULED: REVIEWED,
    DisputeStep.REVIEW: REVIEWED,
    DisputeStep.OUTSIDE: OUTSIDE,
}
_RULINGS = frozenset({DisputeEvent.UPHELD, DisputeEvent.DISMISSED})


def attend_disputes(ctx: TradeContext) -> int:
    """Do what is due in every dispute; how many moves there were. One that cannot go on stops no other."""
    with ctx.database.read() as tx:
        waiting = disputes.open_ones(tx)
    moves = 0
    for row in waiting:
        try:
            while move(ctx, row.id):
                moves += 1
        except RuleBroken as broken:
            with ctx.database.begin("alarm") as tx:
                alarms.sound(tx, ctx.now(), HELD_UP, row.id, {"error": str(broken)})
    return moves


def move(ctx: TradeContext, dispute_id: str) -> bool:
    """Make the one move that is due now; False when none is."""
    docket = Docket(ctx.steps, ctx.rules, ctx.time)
    with ctx.database.begin("dispute-move") as tx:
        row = disputes.lock(tx, dispute_id)
        if row.step is DisputeStep.ENDED:
            return False
        rules = docket.of_today(tx)
        if row.step is DisputeStep.OPENED:
            row = _freeze(tx, ctx, rules, row)
        event = _due(tx, ctx, row, rules)
        if event is None:
            return False
        _make(tx, ctx, rules, row, event)
    return True


def _freeze(tx: Connection, ctx: TradeContext, rules: DisputeRules, row: DisputeRow) -> DisputeRow:
    """Gather the evidence, once, and say so when it took longer than the rules allow."""
    now = ctx.now()
    found = correction_ujpy(tx, ctx, row.site_id, row.first_slot, row.last_slot)
    evidence = evidence_of(tx, rules, row, found)
    offered = min(max(found - claimed_ujpy(tx, row), 0), row.disputed_ujpy) if rules.settled_by_data(row.kind) else 0
    disputes.change(tx, row.id, evidence=evidence, evidence_hash=digest(evidence), offered_ujpy=offered)
    if row.deadline is not None and now > row.deadline:
        alarms.sound(tx, now, EVIDENCE_LATE, row.id, {"due": row.deadline.isoformat()})
    return disputes.get(tx, row.id)


def claimed_ujpy(tx: Connection, row: DisputeRow) -> int:
    """What other disputes about the same slots hold or were paid, uJPY: nothing is corrected twice."""
    others = disputes.touching(tx, row.site_id, row.first_slot, row.last_slot)
    return sum(
        each.paid_ujpy if each.step is DisputeStep.ENDED else each.disputed_ujpy
        for each in others
        if each.id != row.id and (each.opened_at, each.id) < (row.opened_at, row.id)
    )


def _due(tx: Connection, ctx: TradeContext, row: DisputeRow, rules: DisputeRules) -> DisputeEvent | None:
    """What moves the dispute now, None when it must wait."""
    said = said_since(tx, row.id)
    if any(each.kind == DisputeWord.WITHDRAW for each in said):
        return DisputeEvent.WITHDRAWN
    if row.step is DisputeStep.OPENED:
        return DisputeEvent.OFFER if 0 < row.offered_ujpy <= rules.limit_ujpy else DisputeEvent.NO_OFFER
    if row.step in HEARD:
        return ruled(tx, row, ctx.now())
    words = {(each.party_id, each.kind) for each in said}
    if event := _of_words(row, words, said[-1].body if said else {}):
        return event
    return DisputeEvent.SILENT if row.deadline is not None and ctx.now() >= row.deadline else None


def _of_words(row: DisputeRow, words: set[tuple[str | None, str]], last: Any) -> DisputeEvent | None:
    """What the sides' words make of a step. To an offer within the limit the rule itself permits the retailer's part;
    another member is asked."""
    kinds = {kind for _, kind in words}
    if DisputeWord.REFUSE in kinds:
        return DisputeEvent.REFUSED
    if DisputeWord.REVIEW in kinds:
        return DisputeEvent.APPEALED
    if RULING in kinds:
        return DisputeEvent.UPHELD if last["due_ujpy"] else DisputeEvent.DISMISSED
    sides = {DisputeStep.OFFERED: {row.party_id}, DisputeStep.ANSWERING: {row.against_party}}.get(row.step, set())
    if row.step is DisputeStep.OFFERED and row.against_site:
        sides = {*sides, row.against_party}
    return DisputeEvent.AGREED if sides and sides <= {party for party, _ in words} else None


def _make(tx: Connection, ctx: TradeContext, rules: DisputeRules, row: DisputeRow, event: DisputeEvent) -> None:
    """Make a move: write it down, and do what it means."""
    now, step = ctx.now(), next_step(row.step, event)
    values: dict[str, Any] = {"step": str(step), "step_at": now, "deadline": None}
    if step is DisputeStep.ENDED:
        values |= _end(tx, ctx, row, event)
    else:
        values["deadline"] = rules.due(_STEP_OF[step], now)
    if step in HEARD:
        values["case_id"] = open_hearing(tx, rules, row, step, now).id
    disputes.change(tx, row.id, **values)
    disputes.act(tx, row.id, str(event), now, {"from": str(row.step), "to": str(step)})
    ctx.steps.note(tx, RULES, "dispute.moved", row.id, {"event": str(event), "to": str(step)})


def _end(tx: Connection, ctx: TradeContext, row: DisputeRow, event: DisputeEvent) -> dict[str, Any]:
    """Release what is held to the right side, and let memory and reputation know."""
    before = [DisputeEvent(each.kind) for each in disputes.acts(tx, row.id) if each.kind in _RULINGS]
    ended = outcome_of(event, before[-1] if before else None)
    paid = _paid_ujpy(tx, row, ended)
    access.require(tx, SETTLEMENT, "settle")
    ledger.book(tx, release(held_of(row), paid))
    _rule_on_conduct(tx, ctx, row, ended)
    _owe_episode(tx, ctx, row, ended, paid)
    ctx.steps.note(tx, SETTLEMENT, "dispute.ended", row.id, {"outcome": str(ended), "paid_ujpy": paid})
    return {"outcome": str(ended), "paid_ujpy": paid}


def _paid_ujpy(tx: Connection, row: DisputeRow, ended: DisputeOutcome) -> int:
    """What of the held part goes to the claimant."""
    if ended is DisputeOutcome.CORRECTED and row.step is DisputeStep.OFFERED:
        return row.offered_ujpy
    if ended not in (DisputeOutcome.CORRECTED, DisputeOutcome.UPHELD):
        return 0
    outside = [each for each in said_since(tx, row.id) if each.kind == RULING]
    return int(outside[-1].body["due_ujpy"]) if outside else row.disputed_ujpy


def _rule_on_conduct(tx: Connection, ctx: TradeContext, row: DisputeRow, ended: DisputeOutcome) -> None:
    """What people found to hold counts against the other member's score; an agreement counts against nobody."""
    for each in person_records.of_party(tx, row.against_party) if row.against_site else ():
        if each.kind is RecordKind.DISPUTE and each.body.get("money") == row.id:
            counts = ended is DisputeOutcome.UPHELD
            body = {"dispute": each.number, "counts": counts, "because": f"dispute {row.id} ended {ended}"}
            person_records.add(tx, row.against_party, RecordKind.RULING, body, ctx.now(), RULES)


def _owe_episode(tx: Connection, ctx: TradeContext, row: DisputeRow, ended: DisputeOutcome, paid_ujpy: int) -> None:
    """Memory shall know how it ended when the next one like it comes; nothing that somebody wrote is among it."""
    reason = f"{row.kind} of {row.disputed_ujpy} uJPY, offered {row.offered_ujpy}, paid {paid_ujpy}, from {row.step}"
    facts = {"outcome": str(ended), "reason": reason, "planted": "", ENDED: int(ctx.now().timestamp())}
    body = {"kind": "case", "id": row.id, "text": f"dispute {row.kind} of {row.disputed_ujpy} uJPY", "facts": facts}
    outbox.owe(tx, f"episode:dispute:{row.id}", EPISODE, body, ctx.now())
