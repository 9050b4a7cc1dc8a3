"""Experts' door: the cases that wait for people, and the decisions they take. Every call names its person."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.case import CaseState, Verdict
from domain.errors import RuleBroken
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.principal import principal_of, require
from gateways.http.problem import Refused
from identity.action import Action
from identity.authorisation import Principal, Record, may_each
from memory import cases
from memory.cases import CaseRow
from services.case_records import records_of
from services.cases import Ballot

ROUTER = APIRouter(tags=["cases"])
PAGE_MAX = 200
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]


class DecisionForm(BaseModel):
    """What a person sends to decide a case. The person is whoever the credential names, never a field."""

    model_config = ConfigDict(extra="forbid", strict=True)
    verdict: Annotated[Verdict, Field(strict=False)]
    reason: Reason


@ROUTER.get("/cases")
def get_cases(
    request: Request,
    asker: Annotated[Principal, Depends(principal_of)],
    state: CaseState | None = None,
    after: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> dict[str, Any]:
    """Cases one may see, by id; ``next`` goes into ``after`` for the following page and is null on the last."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        listed = sorted((case for case in cases.list(tx, state) if case.id > after), key=lambda case: case.id)
        records = records_of(tx, listed)
    allowed = may_each(asker, Action.SEE_CASE, records) if records else []
    found = [case for case, decision in zip(listed, allowed, strict=True) if decision.allowed]
    page = found[:limit]
    return {"items": [_record(case) for case in page], "next": page[-1].id if len(found) > limit else None}


@ROUTER.post("/cases/{case_id}/decisions", status_code=201, openapi_extra=form_body(DecisionForm))
def post_decision(
    request: Request,
    case_id: str,
    asker: Annotated[Principal, Depends(principal_of)],
    decision: Annotated[DecisionForm, Depends(form(DecisionForm))],
) -> JSONResponse:
    """Write one decision down. 409 when the stage is taken or the case closed, 403 without the asked expertise."""
    doors: Doors = request.app.state.doors
    require(asker, Action.DECIDE_CASE, _record_known(doors, case_id))
    stage = doors.decide(Ballot(case_id, asker.party, decision.verdict, decision.reason))
    return JSONResponse({"case_id": case_id, "stage": stage, "person": asker.party, "verdict": decision.verdict}, 201)


def _record_known(doors: Doors, case_id: str) -> Record:
    with doors.steps.database.read() as tx:
        try:
            return records_of(tx, [cases.get(tx, case_id)])[0]
        except RuleBroken as unknown:
            raise Refused(404, "unknown_case", str(unknown)) from None


def _record(case: CaseRow) -> dict[str, Any]:
    return {
        "id": case.id,
        "contract_digest": case.contract_digest,
        "opened_at": case.opened_at.isoformat(),
        "deadline": case.deadline.isoformat(),
        "state": case.state,
        "roles": case.roles,
        "approvals": case.approvals,
        "findings": case.findings,
        "evidence": case.evidence,
        "evidence_hash": case.evidence_hash,
        "summary": case.summary,
        "summary_by": case.summary_by,
        "precedents": case.precedents,
        "planted": case.planted,
    }
