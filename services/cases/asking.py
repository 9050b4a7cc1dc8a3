"""Reviewers ask a case's parties, ask for further expertise, and parties answer. The deadline stays where it is.

An answer becomes a piece of the evidence as long as nobody has decided; after that it stands beside the case, since a
decision counts for the evidence it was made on and no other.
"""

from domain.case import Verdict
from domain.errors import Conflict, Fault, InputRefused
from domain.party import Expertise
from identity.action import Action
from identity.authorisation import Principal, require
from memory import cases
from memory.casework import questions
from memory.casework.questions import Question
from services.cases.case_records import records_of, require_open, require_reason
from services.cases.claiming import workable
from services.cases.evidence import piece, with_pieces
from services.opening import RULES
from services.steps import Steps

QUESTIONS_MAX = 20


def ask(steps: Steps, asker: Principal, case_id: str, party: str, question: str) -> Question:
    """Ask a party of the case; the same question of the same person is the one that stands.

    Raises InputRefused, PermissionDenied, TransitionRefused.
    """
    require_reason(question)
    with steps.database.begin("ask") as tx:
        case = workable(tx, steps, asker, case_id)
        owners = records_of(tx, [case])[0].owners
        asked = questions.of_case(tx, case.id)
        if party not in owners:
            raise InputRefused(
                [Fault("party", "no_party", f"the parties of {case.id} are {', '.join(sorted(owners))}")]
            )
        if known := [
            each for each in asked if (each.party_id, each.asked_by, each.question) == (party, asker.account, question)
        ]:
            return known[0]
        if len(asked) >= QUESTIONS_MAX:
            raise InputRefused([Fault("question", "too_many", f"a case has {QUESTIONS_MAX} questions at most")])
        new = Question(case.id, len(asked) + 1, party, asker.account, steps.clock(), question)
        questions.add(tx, new)
        steps.note(tx, RULES, "case.asked", case.id, {"number": new.number, "party": party, "account": asker.account})
    return new


def answer(steps: Steps, asker: Principal, case_id: str, number: int, text: str) -> bool:
    """Answer a question for one's own party; whether the answer became evidence. Raises Conflict when it is unknown,
    another's or answered, PermissionDenied, TransitionRefused."""
    require_reason(text)
    with steps.database.begin("answer") as tx:
        case = cases.lock(tx, case_id)
        require(asker, Action.ANSWER_CASE, records_of(tx, [case])[0])
        require_open(case, steps.clock())
        own = {each.number for each in questions.of_case(tx, case_id) if each.party_id == asker.party}
        given = {"answered_by": asker.account, "answered_at": steps.clock(), "answer": text}
        if number not in own or not questions.answer(tx, case_id, number, given):
            raise Conflict(f"case {case_id} has no open question {number} for {asker.party}")
        counts = not cases.decisions(tx, case_id)
        if counts:
            said = piece(f"answer:{number}", "answer", {"party": asker.party, "text": text})
            cases.attach_evidence(tx, case_id, *with_pieces(case.evidence, [said]))
        steps.note(tx, RULES, "case.answered", case_id, {"number": number, "account": asker.account})
    return counts


def escalate(steps: Steps, asker: Principal, case_id: str, to: Expertise, reason: str) -> list[str]:
    """Ask for one more expertise, and one more person; the roles then asked for. Raises Conflict when it is asked."""
    require_reason(reason)
    with steps.database.begin("escalate") as tx:
        case = workable(tx, steps, asker, case_id)
        if to in case.roles or any(each.verdict == Verdict.REJECT for each in cases.decisions(tx, case_id)):
            raise Conflict(f"case {case_id} asks {', '.join(case.roles)}; {to} adds nothing")
        roles = sorted([*case.roles, str(to)])
        cases.ask_more(tx, case_id, roles, max(case.approvals + 1, len(roles)))
        body = {"account": asker.account, "to": str(to), "reason": reason}
        steps.note(tx, RULES, "case.escalated", case_id, body)
    return roles
