"""A party's reputation: the score with the reason of each part, and the party's word against it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from domain.errors import RuleBroken
from gateways.http.auth import Strict, Text
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.idempotency import Key, once_by_key
from gateways.http.look import Asker, look, unknown
from gateways.http.owners import of_party
from gateways.http.page import Answer, Name
from gateways.http.problem import of_item, problems
from gateways.http.tag import tagged
from identity.action import Action
from identity.authorisation import require
from identity.reputation import Score, limit_ujpy
from services.members.disputes import WORDS_MAX, WORDS_MIN, contest
from services.members.reputation import reputation_of

ROUTER = APIRouter(prefix="/parties/{party_id}/reputation", tags=["people"])


class PartItem(Answer):
    """One part of a score, 0 to 1000, and what it rests on."""

    name: str
    permille: int
    reason: str


class ReputationItem(Answer):
    """A score from what is on record, 0 to 1000, and the credit that it carries."""

    party_id: str
    permille: int
    credit_ujpy: int
    parts: list[PartItem]


class ContestForm(Strict):
    """Which part is wrong, and why."""

    part: Text
    says: Annotated[str, Field(min_length=WORDS_MIN, max_length=WORDS_MAX, pattern=r"^[^\x00]*$")]


class ContestItem(Answer):
    """The dispute on which a mediator rules."""

    dispute: int


@ROUTER.get("", summary="Read a reputation", response_model=ReputationItem, responses=of_item())
def get_reputation(request: Request, party_id: Name, asker: Asker) -> Response:
    """The score of a party whose homes one may see. 404 when it has no site, and so no conduct on record."""
    terms = request.app.state.doors.credit()
    with look(request, asker) as (tx, sight):
        found: Score | None = None
        if sight.party_id in {None, party_id}:
            try:
                found = reputation_of(tx, party_id, terms)
            except RuleBroken:
                found = None
    known = found or unknown("reputation", party_id)
    parts = [PartItem.model_validate(each) for each in known.parts]
    item = ReputationItem(party_id=party_id, permille=known.permille, credit_ujpy=limit_ujpy(known, terms), parts=parts)
    return tagged(request, item)


@ROUTER.post(
    "/contests",
    summary="Contest a part of one's reputation",
    status_code=201,
    responses=problems(409),
    openapi_extra=form_body(ContestForm),
)
def post_contest(
    request: Request, party_id: Name, asker: Asker, key: Key, given: Annotated[ContestForm, Depends(form(ContestForm))]
) -> ContestItem:
    """Say what is wrong with the own score; the part counts again only when a mediator rules that it does."""
    doors: Doors = request.app.state.doors
    require(asker, Action.RAISE_DISPUTE, of_party(party_id))
    content = given.model_dump(mode="json") | {"party": party_id}
    done = once_by_key(
        doors.steps,
        asker,
        "contest",
        key,
        content,
        lambda steps: {"dispute": contest(steps, asker, party_id, given.part, given.says, doors.credit()).number},
    )
    return ContestItem(**done)
