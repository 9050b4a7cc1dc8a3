"""Disputes' door: a side disputes what it was billed, answers, asks for a review; what an outside body ruled.

A dispute is named by what it says, so the same again is the one that stands; a side's word is its first one. Mediators
and reviewers rule at the cases' door.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.dispute import DisputeOutcome, DisputeStep, DisputeWord
from gateways.http.body import form, form_body
from gateways.http.cases import Reason
from gateways.http.doors import Doors
from gateways.http.look import Asker, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import problems
from identity.action import Action
from identity.authorisation import Principal, Record, may, require
from memory.casework import disputes
from memory.window import Window
from services.disputes.answering import record_ruling, say
from services.disputes.docket import Docket
from services.disputes.opening import Complaint, open_dispute
from services.steps import Steps

ROUTER = APIRouter(prefix="/disputes", tags=["disputes"])
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Whole = Annotated[int, Field(ge=0, le=10**15)]


class DisputeForm(BaseModel):
    """What is disputed: a type that the rules name, a site and its settled slots, and how much it should have received
    more or paid less. contract: digest, when it is about one with another member."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: Word
    site_id: Word
    first_slot: Whole
    last_slot: Whole
    disputed_ujpy: Whole
    says: Reason
    contract: Word | None = None


class WordForm(BaseModel):
    """Why a side says so."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: Reason


class RulingForm(BaseModel):
    """What an outside body ruled: how much of the held part goes to the claimant, who ruled, and on what grounds."""

    model_config = ConfigDict(extra="forbid", strict=True)
    due_ujpy: Whole
    body: Word
    reason: Reason


class DisputeItem(Answer):
    """A dispute. disputed_ujpy: of the money in question this much is held until it has an outcome. offered_ujpy: the
    correction that data come to. case_id: where people rule."""

    id: str
    kind: str
    site_id: str
    party_id: str
    against_party: str
    contract_digest: str | None
    first_slot: int
    last_slot: int
    says: str
    opened_at: AwareDatetime
    in_question_ujpy: int
    disputed_ujpy: int
    offered_ujpy: int
    paid_ujpy: int
    evidence_hash: str
    step: DisputeStep
    deadline: AwareDatetime | None
    outcome: DisputeOutcome | None
    case_id: str | None


class DisputeActItem(Answer):
    """One thing done in a dispute. party_id: null where rules and clock did it."""

    number: int
    kind: str
    party_id: str | None
    at: AwareDatetime
    body: dict[str, Any]


class DisputeFileItem(Answer):
    """A dispute with the evidence on which both sides are heard, and what was done."""

    dispute: DisputeItem
    evidence: dict[str, Any]
    acts: list[DisputeActItem]


@ROUTER.get("", summary="List disputes")
def get_disputes(
    request: Request, asker: Asker, window: Annotated[Window, Depends(window_by(str))]
) -> Page[DisputeItem]:
    """By id: one's own party's, or all for those who may see all."""
    party = None if may(asker, Action.SEE_DISPUTE).allowed else asker.party
    if party is not None:
        require(asker, Action.SEE_DISPUTE, Record(frozenset({party})))
    with _steps(request).database.read() as tx:
        found = disputes.part(tx, party, window)
    return page(window, found, lambda each: (each.id,), DisputeItem.model_validate)


@ROUTER.get("/{dispute_id}", summary="Read a dispute", responses=problems(404))
def get_dispute(request: Request, dispute_id: Name, asker: Asker) -> DisputeFileItem:
    """With its evidence and what was said."""
    return _file(request, asker, dispute_id)


@ROUTER.post(
    "",
    summary="Dispute what was billed",
    status_code=201,
    responses=problems(409),
    openapi_extra=form_body(DisputeForm),
)
def post_dispute(
    request: Request, asker: Asker, given: Annotated[DisputeForm, Depends(form(DisputeForm))]
) -> DisputeItem:
    """Only the disputed part is held. 409 when the money in question does not carry it."""
    doors: Doors = request.app.state.doors
    docket = Docket(doors.steps, doors.rules, doors.time)
    return DisputeItem.model_validate(open_dispute(docket, asker, Complaint(**given.model_dump())))


@ROUTER.put(
    "/{dispute_id}/answers/{word}",
    summary="Answer in a dispute",
    responses=problems(404, 409),
    openapi_extra=form_body(WordForm),
)
def put_dispute_answer(
    request: Request,
    dispute_id: Name,
    word: DisputeWord,
    asker: Asker,
    given: Annotated[WordForm, Depends(form(WordForm))],
) -> DisputeActItem:
    """Accept or refuse an offer or a claim, ask for a review, withdraw. 409 when that is not asked now."""
    _file(request, asker, dispute_id)
    return DisputeActItem.model_validate(say(_steps(request), asker, dispute_id, word, given.reason))


@ROUTER.put(
    "/{dispute_id}/ruling",
    summary="Write down an outside ruling",
    responses=problems(404, 409),
    openapi_extra=form_body(RulingForm),
)
def put_ruling(
    request: Request, dispute_id: Name, asker: Asker, given: Annotated[RulingForm, Depends(form(RulingForm))]
) -> DisputeActItem:
    """By a mediator or lawyer on neither side. 409 before the dispute was taken outside."""
    _file(request, asker, dispute_id)
    said = given.due_ujpy, given.body, given.reason
    return DisputeActItem.model_validate(record_ruling(_steps(request), asker, dispute_id, *said))


def _file(request: Request, asker: Principal, dispute_id: str) -> DisputeFileItem:
    """Raises Refused 404 for what there is not and what the asker may not see alike."""
    with _steps(request).database.read() as tx:
        row = disputes.find(tx, dispute_id)
        if row is None or not may(asker, Action.SEE_DISPUTE, Record(row.parties)).allowed:
            unknown("dispute", dispute_id)
        acts = [DisputeActItem.model_validate(each) for each in disputes.acts(tx, dispute_id)]
    return DisputeFileItem(dispute=DisputeItem.model_validate(row), evidence=dict(row.evidence), acts=acts)


def _steps(request: Request) -> Steps:
    doors: Doors = request.app.state.doors
    return doors.steps
