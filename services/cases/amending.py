"""Other terms in place of those a case is about: a reviewer proposes them, both parties consent, all rules judge anew.

Only a deal beside the auction can be amended: a trade's price and energy are the auction's, and others' hang on them.
With the second consent the case ends as amended; the new terms are filed as a proposal, drafted as a contract of their
own and judged like any other, and whoever wrote them may not decide them.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from contracts.terms import Deal
from domain.errors import Conflict, Fault, InputRefused, TransitionRefused
from identity.action import Action
from identity.authorisation import Principal, require
from memory import cases
from memory.cases import CaseRow
from memory.casework import amendments
from memory.casework.amendments import AGREED, PROPOSED, Amendment
from memory.trading import contracts, proposals
from memory.trading.proposals import ProposalRow
from services.cases.case_records import records_of, require_open, require_reason
from services.cases.claiming import workable
from services.opening import RULES
from services.steps import Steps

WHOLE = ("price_mjpy_per_kwh", "energy_wh", "slot_end")
CLAUSES, CLAUSE_CHARACTERS_MAX, CLAUSES_MAX = "extra_clauses", 2_000, 20


def amend(steps: Steps, asker: Principal, case_id: str, changes: Mapping[str, Any], reason: str) -> Amendment:
    """Propose other terms; the same of the same person are those that stand.

    Raises InputRefused with every fault, TransitionRefused for a trade of the auction.
    """
    require_reason(reason)
    if faults := [fault for name, value in changes.items() if (fault := _fault(name, value))]:
        raise InputRefused(faults)
    with steps.database.begin("amend") as tx:
        case = workable(tx, steps, asker, case_id)
        known = amendments.of_case(tx, case.id)
        if same := [each for each in known if (each.made_by, each.changes) == (asker.account, dict(changes))]:
            return same[0]
        made = Amendment(f"A-{case.id}-{len(known) + 1}", case.id, asker.account, steps.clock(), changes, reason)
        _refuse_impossible(_body(tx, case, made))
        amendments.add(tx, made)
        body = {"amendment": made.id, "account": asker.account, "changes": dict(changes), "reason": reason}
        steps.note(tx, RULES, "case.amendment", case.id, body)
    return made


def consent(steps: Steps, asker: Principal, amendment_id: str) -> Amendment:
    """Consent for one's own party; with the second party's consent the amendment is agreed and filed.

    Raises PermissionDenied, Conflict when the party has consented or other terms were agreed, TransitionRefused.
    """
    with steps.database.begin("consent") as tx:
        case = cases.lock(tx, amendments.get(tx, amendment_id).case_id)
        record = records_of(tx, [case])[0]
        require(asker, Action.CONSENT_TO_TERMS, record)
        require_open(case, steps.clock())
        proposed = amendments.get(tx, amendment_id)
        spoken = {each["party"] for each in proposed.consents}
        if asker.party in spoken or any(each.state == AGREED for each in amendments.of_case(tx, case.id)):
            raise Conflict(f"{asker.party} has consented to {amendment_id}, or other terms of {case.id} are agreed")
        given = {"party": asker.party, "account": asker.account, "at": steps.clock().isoformat()}
        agreed = record.owners <= spoken | {asker.party}
        amendments.consent(tx, amendment_id, [*proposed.consents, given], AGREED if agreed else PROPOSED)
        if agreed:
            _file(tx, case, proposed)
        steps.note(tx, RULES, "case.consent", case.id, {"amendment": amendment_id, **given})
        return amendments.get(tx, amendment_id)


def _file(tx: Connection, case: CaseRow, agreed: Amendment) -> None:
    """The new terms as a proposal; a demonstration's label stays on them."""
    old = _proposal(tx, case)
    proposals.save(tx, [ProposalRow(agreed.id, old.filed_slot, _body(tx, case, agreed), planted=old.planted)])


def _body(tx: Connection, case: CaseRow, made: Amendment) -> dict[str, Any]:
    return _proposal(tx, case).body | dict(made.changes) | {"amends": case.contract_digest, "amended_by": made.made_by}


def _proposal(tx: Connection, case: CaseRow) -> ProposalRow:
    wanted = contracts.get(tx, case.contract_digest).proposal_id if case.contract_digest else None
    if wanted is None:
        raise TransitionRefused(
            f"case {case.id} is about no deal beside the auction: reject it, its terms are not free"
        )
    return next(each for each in proposals.all(tx) if each.id == wanted)


def _refuse_impossible(body: Mapping[str, Any]) -> None:
    fields = {name: value for name, value in body.items() if name in Deal.__dataclass_fields__}
    try:
        Deal(**{"id": "", "seller_area": "", "buyer_area": ""} | fields)
    except ValueError as impossible:
        raise InputRefused([Fault("changes", "impossible", str(impossible))]) from None


def _fault(name: str, value: Any) -> Fault | None:
    if name in WHOLE and type(value) is int and value >= 0:
        return None
    if name == CLAUSES and isinstance(value, list) and len(value) <= CLAUSES_MAX and all(map(_is_clause, value)):
        return None
    known = f"{', '.join(WHOLE)} as whole numbers, {CLAUSES} as a list of texts"
    return Fault(f"changes:{name}", "wrong_change", f"what can be changed: {known}")


def _is_clause(clause: Any) -> bool:
    return isinstance(clause, str) and 0 < len(clause) <= CLAUSE_CHARACTERS_MAX
