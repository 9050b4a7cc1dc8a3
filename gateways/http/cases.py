"""Experts' door: the cases that wait for people, and the decisions they take. Every call names its person."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from domain.case import CaseState, Verdict
from domain.errors import InputRefused, RuleBroken
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.people import person_of
from gateways.http.problem import Refused, faults_of
from memory import cases
from memory.cases import CaseRow
from services.cases import Ballot

ROUTER = APIRouter(tags=["cases"])
PAGE_MAX = 200
FORM_BYTES_MAX = 64 * 1024
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]


class DecisionForm(BaseModel):
    """What a person sends to decide a case. The person is whoever the token names, never a field."""

    model_config = ConfigDict(extra="forbid", strict=True)
    verdict: Annotated[Verdict, Field(strict=False)]
    reason: Reason


async def _form(request: Request) -> DecisionForm:
    try:
        return DecisionForm.model_validate(await read_json(request, FORM_BYTES_MAX))
    except ValidationError as wrong:
        raise InputRefused(faults_of(wrong.errors())) from None


BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": DecisionForm.model_json_schema(ref_template="{model}")}},
}


@ROUTER.get("/cases")
def get_cases(
    request: Request,
    _: Annotated[str, Depends(person_of)],
    state: CaseState | None = None,
    after: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> dict[str, Any]:
    """Cases by id; ``next`` goes into ``after`` for the following page and is null on the last."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        found = sorted((case for case in cases.list(tx, state) if case.id > after), key=lambda case: case.id)
    page = found[:limit]
    return {"items": [_record(case) for case in page], "next": page[-1].id if len(found) > limit else None}


@ROUTER.post("/cases/{case_id}/decisions", status_code=201, openapi_extra={"requestBody": BODY})
def post_decision(
    request: Request,
    case_id: str,
    person: Annotated[str, Depends(person_of)],
    form: Annotated[DecisionForm, Depends(_form)],
) -> JSONResponse:
    """Write one decision down. 409 when the stage is taken or the case closed, 403 without the asked expertise."""
    doors: Doors = request.app.state.doors
    _require_known(doors, case_id)
    stage = doors.decide(Ballot(case_id, person, form.verdict, form.reason))
    return JSONResponse({"case_id": case_id, "stage": stage, "person": person, "verdict": form.verdict}, 201)


def _require_known(doors: Doors, case_id: str) -> None:
    with doors.steps.database.read() as tx:
        try:
            cases.get(tx, case_id)
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
