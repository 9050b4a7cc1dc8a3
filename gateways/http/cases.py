"""Experts' door: the cases that wait for people, and the decisions they take. Every call names its person."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.case import CaseState, ReasonCode, Verdict
from domain.errors import RuleBroken
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.principal import principal_of
from gateways.http.problem import Refused, problems
from identity.action import Action
from identity.authorisation import Principal, may_each
from memory import cases
from memory.window import Window
from services.cases.case_records import records_of
from services.cases.cases import Ballot

ROUTER = APIRouter(tags=["cases"])
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]


class DecisionForm(BaseModel):
    """What a person sends to decide a case. The person is whoever the credential names, never a field.

    evidence_hash: of the evidence that was shown; the decision is signed for it and counts for no other.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    verdict: Annotated[Verdict, Field(strict=False)]
    reason: Reason
    evidence_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    reason_code: Annotated[ReasonCode | None, Field(strict=False)] = None


class CaseItem(Answer):
    """A case. roles: whose expertise is asked. approvals: how many it takes. precedents: cases like it. claims: what of
    the summary evidence bears, with the ids of its pieces. harm_ujpy: what is at stake."""

    id: str
    contract_digest: str
    opened_at: AwareDatetime
    deadline: AwareDatetime
    state: CaseState
    roles: list[str]
    approvals: int
    findings: list[dict[str, Any]]
    evidence: dict[str, Any]
    evidence_hash: str
    summary: str
    summary_by: str
    claims: list[dict[str, Any]]
    precedents: list[dict[str, Any]]
    on_timeout: str
    harm_ujpy: int
    planted: str | None


class DecisionItem(Answer):
    """A decision as written down. stage: the how many-th of its case."""

    case_id: str
    stage: int
    person: str
    verdict: Verdict


@ROUTER.get("/cases", summary="List cases")
def get_cases(
    request: Request,
    asker: Annotated[Principal, Depends(principal_of)],
    window: Annotated[Window, Depends(window_by(str))],
    state: CaseState | None = None,
) -> Page[CaseItem]:
    """Cases one may see, by id."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        listed = sorted((case for case in cases.list(tx, state) if (case.id,) > window.after), key=lambda case: case.id)
        records = records_of(tx, listed)
    allowed = may_each(asker, Action.SEE_CASE, records) if records else []
    found = [case for case, decision in zip(listed, allowed, strict=True) if decision.allowed]
    return page(window, found, lambda case: (case.id,), CaseItem.model_validate)


@ROUTER.post(
    "/cases/{case_id}/decisions",
    summary="Decide a case",
    status_code=201,
    responses=problems(404, 409, 412),
    openapi_extra=form_body(DecisionForm),
)
def post_decision(
    request: Request,
    case_id: Name,
    asker: Annotated[Principal, Depends(principal_of)],
    decision: Annotated[DecisionForm, Depends(form(DecisionForm))],
) -> DecisionItem:
    """Write one decision down. 409 when the stage is taken or the case closed, 403 without the asked
    expertise, 412 when other evidence was shown."""
    doors: Doors = request.app.state.doors
    _require_known(doors, case_id)
    stage = doors.decide(asker, _ballot(case_id, decision))
    return DecisionItem(case_id=case_id, stage=stage, person=asker.party, verdict=decision.verdict)


def _ballot(case_id: str, said: DecisionForm) -> Ballot:
    return Ballot(case_id, said.verdict, said.reason, said.evidence_hash, said.reason_code)


def _require_known(doors: Doors, case_id: str) -> None:
    with doors.steps.database.read() as tx:
        try:
            cases.get(tx, case_id)
        except RuleBroken as unknown:
            raise Refused(404, "unknown_case", str(unknown)) from None
