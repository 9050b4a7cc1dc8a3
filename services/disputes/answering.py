"""What people say in a dispute: both sides accept, refuse, withdraw, ask for a review; and what an outside body ruled.

Nobody's word moves money by itself: it is written down, and the dispute's clockwork draws what follows.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from domain.dispute import DisputeStep, DisputeWord
from domain.errors import Conflict, Fault, InputRefused, PermissionDenied, TransitionRefused
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.casework import disputes
from memory.casework.disputes import ActRow, DisputeRow
from services.cases.case_records import require_reason
from services.opening import RULES
from services.steps import Steps

WORDS_MAX = 2_000


RULING = "ruling"
_WHEN: Mapping[DisputeWord, frozenset[DisputeStep]] = {
    DisputeWord.ACCEPT: frozenset({DisputeStep.OFFERED, DisputeStep.ANSWERING}),
    DisputeWord.REFUSE: frozenset({DisputeStep.OFFERED, DisputeStep.ANSWERING}),
    DisputeWord.REVIEW: frozenset({DisputeStep.RULED}),
    DisputeWord.WITHDRAW: frozenset(DisputeStep) - {DisputeStep.ENDED},
}


def say(steps: Steps, asker: Principal, dispute_id: str, word: DisputeWord, reason: str) -> ActRow:
    """Write down what a side says.

    Raises PermissionDenied unless it is a side, and the one whose word is asked; InputRefused on a reason of no length;
    TransitionRefused when the step asks for no such word or its deadline has passed, Conflict when it said so already.
    """
    _require_words(reason)
    with steps.database.begin("dispute-word") as tx:
        row = disputes.lock(tx, dispute_id)
        require(asker, Action.ANSWER_DISPUTE, Record(row.parties))
        _require_asked(row, asker.party, word)
        _require_in_time(steps, row, word)
        return _write(tx, steps, row, str(word), {"reason": reason}, asker)


def record_ruling(steps: Steps, asker: Principal, dispute_id: str, due_ujpy: int, body: str, reason: str) -> ActRow:
    """Write down what an outside body ruled, as a mediator or lawyer who stands on neither side.

    Raises PermissionDenied, InputRefused, TransitionRefused before the dispute was taken outside.
    """
    _require_words(reason)
    with steps.database.begin("dispute-ruling") as tx:
        row = disputes.lock(tx, dispute_id)
        require(asker, Action.RECORD_RULING, Record(row.parties, author=row.raised_by))
        if row.step is not DisputeStep.OUTSIDE:
            raise TransitionRefused(f"dispute {row.id} is {row.step}, nobody outside rules on it")
        if not 0 <= due_ujpy <= row.disputed_ujpy:
            words = f"from nothing to the {row.disputed_ujpy} uJPY that are held"
            raise InputRefused([Fault("due", "wrong_amount", words)])
        return _write(tx, steps, row, RULING, {"due_ujpy": due_ujpy, "body": body, "reason": reason}, asker)


def said_since(tx: Connection, dispute_id: str) -> list[ActRow]:
    """What people said since the dispute's last move."""
    found = disputes.acts(tx, dispute_id)
    moves = [each.number for each in found if each.account_id is None]
    return [each for each in found if each.number > max(moves, default=0)]


def _require_asked(row: DisputeRow, party: str, word: DisputeWord) -> None:
    if row.step not in _WHEN[word]:
        raise TransitionRefused(f"dispute {row.id} is {row.step}: it asks nobody to {word}")
    if word is DisputeWord.WITHDRAW and party != row.party_id:
        raise PermissionDenied(f"{party} may not withdraw what {row.party_id} disputes")
    if row.step is DisputeStep.ANSWERING and word is not DisputeWord.WITHDRAW and party != row.against_party:
        raise PermissionDenied(f"dispute {row.id} waits for the answer of {row.against_party}, not of {party}")


def _require_in_time(steps: Steps, row: DisputeRow, word: DisputeWord) -> None:
    if word is not DisputeWord.WITHDRAW and row.deadline is not None and steps.clock() >= row.deadline:
        raise TransitionRefused(f"dispute {row.id}: the time of {row.step} ended {row.deadline:%Y-%m-%d %H:%M} UTC")


def _write(
    tx: Connection, steps: Steps, row: DisputeRow, kind: str, body: Mapping[str, object], asker: Principal
) -> ActRow:
    if any(each.party_id == asker.party and each.kind != DisputeWord.WITHDRAW for each in said_since(tx, row.id)):
        raise Conflict(f"{asker.party} has answered in dispute {row.id}; the first word stays")
    act = disputes.act(tx, row.id, kind, steps.clock(), body, (asker.party, asker.account))
    steps.note(tx, RULES, f"dispute.{kind}", row.id, {"number": act.number, "by": asker.account})
    return act


def _require_words(reason: str) -> None:
    require_reason(reason)
    if len(reason) > WORDS_MAX or "\x00" in reason:
        raise InputRefused([Fault("reason", "too_long", f"say it in {WORDS_MAX} characters")])
