"""Casework's door: the queue, who has a case in hand, questions and answers, further expertise, other terms.

What is done twice is done once: a claim, a role, an answer and a consent name themselves, the same question or the
same amendment of the same person is the one that stands.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.case import QueueOrder
from domain.errors import RuleBroken
from domain.party import Expertise
from gateways.http.body import form, form_body
from gateways.http.cases import CaseItem, Reason
from gateways.http.doors import Doors
from gateways.http.look import Asker, unknown
from gateways.http.page import Answer, Asked, Name, Page, page, window_by
from gateways.http.problem import problems
from identity.action import Action
from identity.authorisation import Principal, may
from memory import cases
from memory.casework import queue
from memory.casework.queue import Wanted
from memory.window import Window
from services.cases.amending import amend, consent
from services.cases.asking import answer, ask, escalate
from services.cases.case_records import records_of
from services.cases.claiming import claim, delegate, release
from services.cases.queue import File, Waiting, file_of, load, waiting
from services.steps import Steps

ROUTER = APIRouter(prefix="/cases", tags=["cases"])
Number = Annotated[int, Path(ge=1, le=1_000)]
Order = Annotated[QueueOrder, Query(description="the nearest deadline first, or what is most at stake")]
WHOLE_MAX = 10**15


class QuestionForm(BaseModel):
    """A question to a party of the case."""

    model_config = ConfigDict(extra="forbid", strict=True)
    party_id: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
    question: Reason


class PartyAnswerForm(BaseModel):
    """A party's answer."""

    model_config = ConfigDict(extra="forbid", strict=True)
    answer: Reason


class RoleForm(BaseModel):
    """Why one more expertise is asked."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: Reason


class AmendmentForm(BaseModel):
    """Other terms: what is not named stays. Energy in Wh over the whole time, price in mJPY/kWh."""

    model_config = ConfigDict(extra="forbid", strict=True)
    price_mjpy_per_kwh: Annotated[int, Field(ge=0, le=WHOLE_MAX)] | None = None
    energy_wh: Annotated[int, Field(ge=1, le=WHOLE_MAX)] | None = None
    slot_end: Annotated[int, Field(ge=1, le=WHOLE_MAX)] | None = None
    extra_clauses: Annotated[list[Reason], Field(max_length=20)] | None = None
    reason: Reason


class ClaimItem(Answer):
    """Who has a case in hand until when."""

    case_id: str
    account_id: str
    taken_at: AwareDatetime
    until: AwareDatetime
    delegated_by: str | None


class WaitingItem(Answer):
    """A case in the queue. claim: null while nobody has it in hand."""

    case: CaseItem
    claim: ClaimItem | None


class QuestionItem(Answer):
    """A question, and its answer when there is one."""

    case_id: str
    number: int
    party_id: str
    asked_by: str
    asked_at: AwareDatetime
    question: str
    answered_by: str | None
    answered_at: AwareDatetime | None
    answer: str | None


class AmendmentItem(Answer):
    """Other terms, and which parties consent to them. state: proposed or agreed."""

    id: str
    case_id: str
    made_by: str
    made_at: AwareDatetime
    changes: dict[str, Any]
    reason: str
    consents: list[dict[str, Any]]
    state: str


class SignedItem(Answer):
    """A decision with what it is checked by: the EIP-712 signature under the address of the account."""

    stage: int
    person: str
    verdict: str
    reason: str
    reason_code: str | None
    evidence_hash: str
    at: AwareDatetime
    expires_at: AwareDatetime | None
    address: str | None


class FileItem(Answer):
    """A case with all that stands around it; trail: what happened, from the journal."""

    case: CaseItem
    claim: ClaimItem | None
    decisions: list[SignedItem]
    questions: list[QuestionItem]
    amendments: list[AmendmentItem]
    trail: list[dict[str, Any]]


class LoadItem(Answer):
    """How many cases wait, in which order they should be looked at now, and how many each account has in hand."""

    waiting: int
    order: QueueOrder
    held: dict[str, int]


class RolesItem(Answer):
    """Whose expertise a case asks for."""

    case_id: str
    roles: list[str]


class CaseEvidenceItem(Answer):
    """Whether an answer became part of the evidence."""

    case_id: str
    evidence: bool


@ROUTER.get("/queue", summary="List what waits for people")
def get_queue(
    request: Request,
    asker: Asker,
    window: Annotated[Window, Depends(window_by(int, str))],
    role: Expertise | None = None,
    trigger: Asked = None,
    text: Asked = None,
    account_id: Asked = None,
    order: Order = QueueOrder.DEADLINE,
) -> Page[WaitingItem]:
    """Open cases with who has each in hand, for those who may see every case."""
    wanted = Wanted(role and str(role), trigger, text, account_id)
    with _steps(request).database.read() as tx:
        found = waiting(tx, asker, wanted, order, window)
    return page(window, found, lambda each: queue.place_of(each.case, order), _waiting)


@ROUTER.get("/load", summary="Read who has how much in hand")
def get_load(request: Request, asker: Asker) -> LoadItem:
    """Open cases, and how many of them each account holds now, for those who may see every case."""
    steps = _steps(request)
    with steps.database.read() as tx:
        return LoadItem.model_validate(load(tx, asker, steps.clock()))


@ROUTER.get("/{case_id}/file", summary="Read all of a case", responses=problems(404))
def get_file(request: Request, case_id: Name, asker: Asker) -> FileItem:
    """Evidence, decisions, questions, amendments and trail of one case."""
    return FileItem.model_validate(_seen(request, asker, case_id))


@ROUTER.put("/{case_id}/claim", summary="Take a case in hand", responses=problems(404, 409))
def put_claim(request: Request, case_id: Name, asker: Asker) -> ClaimItem:
    """For half an hour; again prolongs it. 409 while somebody else has it."""
    _seen(request, asker, case_id)
    return ClaimItem.model_validate(claim(_steps(request), asker, case_id))


@ROUTER.delete("/{case_id}/claim", summary="Let a case go", status_code=204, responses=problems(404, 409))
def delete_claim(request: Request, case_id: Name, asker: Asker) -> None:
    """409 when one does not hold it."""
    _seen(request, asker, case_id)
    release(_steps(request), asker, case_id)


@ROUTER.put("/{case_id}/claim/{account_id}", summary="Hand a case on", responses=problems(404, 409))
def put_delegation(request: Request, case_id: Name, account_id: Name, asker: Asker) -> ClaimItem:
    """To an account that may work on it; 409 when one does not hold the case."""
    _seen(request, asker, case_id)
    return ClaimItem.model_validate(delegate(_steps(request), asker, case_id, account_id))


@ROUTER.post(
    "/{case_id}/questions",
    summary="Ask a party",
    status_code=201,
    responses=problems(404, 409),
    openapi_extra=form_body(QuestionForm),
)
def post_question(
    request: Request, case_id: Name, asker: Asker, said: Annotated[QuestionForm, Depends(form(QuestionForm))]
) -> QuestionItem:
    """The deadline stays where it is."""
    _seen(request, asker, case_id)
    return QuestionItem.model_validate(ask(_steps(request), asker, case_id, said.party_id, said.question))


@ROUTER.put(
    "/{case_id}/questions/{number}/answer",
    summary="Answer a question",
    responses=problems(404, 409),
    openapi_extra=form_body(PartyAnswerForm),
)
def put_answer(
    request: Request,
    case_id: Name,
    number: Number,
    asker: Asker,
    said: Annotated[PartyAnswerForm, Depends(form(PartyAnswerForm))],
) -> CaseEvidenceItem:
    """For one's own party, once. It becomes evidence as long as nobody has decided."""
    _seen(request, asker, case_id)
    counts = answer(_steps(request), asker, case_id, number, said.answer)
    return CaseEvidenceItem(case_id=case_id, evidence=counts)


@ROUTER.put(
    "/{case_id}/roles/{role}",
    summary="Ask for one more expertise",
    responses=problems(404, 409),
    openapi_extra=form_body(RoleForm),
)
def put_role(
    request: Request,
    case_id: Name,
    role: Expertise,
    asker: Asker,
    said: Annotated[RoleForm, Depends(form(RoleForm))],
) -> RolesItem:
    """It must then agree, too."""
    _seen(request, asker, case_id)
    return RolesItem(case_id=case_id, roles=escalate(_steps(request), asker, case_id, role, said.reason))


@ROUTER.post(
    "/{case_id}/amendments",
    summary="Propose other terms",
    status_code=201,
    responses=problems(404, 409),
    openapi_extra=form_body(AmendmentForm),
)
def post_amendment(
    request: Request, case_id: Name, asker: Asker, said: Annotated[AmendmentForm, Depends(form(AmendmentForm))]
) -> AmendmentItem:
    """They count when both parties consent, and are then judged by all rules anew."""
    _seen(request, asker, case_id)
    changes = said.model_dump(exclude_none=True, exclude={"reason"})
    return AmendmentItem.model_validate(amend(_steps(request), asker, case_id, changes, said.reason))


@ROUTER.put(
    "/{case_id}/amendments/{amendment_id}/consent", summary="Consent to other terms", responses=problems(404, 409)
)
def put_amendment_consent(request: Request, case_id: Name, amendment_id: Name, asker: Asker) -> AmendmentItem:
    """For one's own party, by somebody who signed in a moment ago."""
    file = _seen(request, asker, case_id)
    if amendment_id not in {each.id for each in file.amendments}:
        unknown("amendment", amendment_id)
    return AmendmentItem.model_validate(consent(_steps(request), asker, amendment_id))


def _seen(request: Request, asker: Principal, case_id: str) -> File:
    """The case's file. Raises Refused 404 for what there is not and what the asker may not see alike."""
    with _steps(request).database.read() as tx:
        try:
            case = cases.get(tx, case_id)
        except RuleBroken:
            unknown("case", case_id)
        if not may(asker, Action.SEE_CASE, records_of(tx, [case])[0]).allowed:
            unknown("case", case_id)
        return file_of(tx, case_id)


def _steps(request: Request) -> Steps:
    doors: Doors = request.app.state.doors
    return doors.steps


def _waiting(found: Waiting) -> WaitingItem:
    return WaitingItem.model_validate(found)
