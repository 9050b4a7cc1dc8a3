"""Contracts on paper: a side reads its explanation and contract as PDF, consents, and may withdraw."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from gateways.http.contracts import Digest
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer
from gateways.http.principal import principal_of
from gateways.http.problem import of_item, problems
from gateways.http.tag import tagged
from identity.authorisation import Principal
from memory.trading import contracts, papers
from memory.trading.papers import ActRow, PaperRow
from services.access.sight import Sight
from services.papers.concluding import consent, note_opened, withdraw
from services.papers.copies import Copy, copy_of, copy_of_contract

ROUTER = APIRouter(tags=["contracts"])
Deal = Annotated[str, Path(pattern="^N-[0-9a-f]{12}$", description="id of the deal, which is that of its negotiation")]
Language = Literal["ja", "en"]
Person = Annotated[Principal, Depends(principal_of)]


class Pdf(Response):
    """A document. Its tag is its SHA-256."""

    media_type = "application/pdf"


class ActItem(Answer):
    """What a side did with its papers, or was done for it: delivered, opened, consented, withdrawn."""

    party_id: str
    kind: str
    documents: list[str]
    at: AwareDatetime


class PaperItem(Answer):
    """A deal's papers. documents: the SHA-256 of each PDF, by name and language. due_at: without both consents by then
    there is no contract. cooling_off_days: how long each side may withdraw after the second consent."""

    id: str
    seller_party: str
    buyer_party: str
    documents: dict[str, str]
    due_at: AwareDatetime
    cooling_off_days: int
    acts: list[ActItem]


@ROUTER.get(
    "/contracts/{digest}/document.pdf", summary="Read a contract's words", response_class=Pdf, responses=problems(404)
)
def get_contract_document(request: Request, digest: Digest, asker: Asker, language: Language = "ja") -> Pdf:
    """The words a contract stands for, as PDF: its own papers, or the master terms of its batch."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        found = contracts.find(tx, sight.sites, digest) or unknown("contract", digest)
        return _pdf(copy_of_contract(tx, found, doors.time, language))


@ROUTER.get("/papers/{deal}", summary="Read a deal's papers", response_model=PaperItem, responses=of_item())
def get_paper(request: Request, deal: Deal, asker: Asker) -> Response:
    """What is drawn up of a deal, and what both sides did with it."""
    with look(request, asker) as (tx, sight):
        paper = _seen(papers.find(tx, deal), sight, deal)
        return tagged(request, _item(paper, papers.acts(tx, deal)))


@ROUTER.get(
    "/papers/{deal}/contract.pdf", summary="Read a deal's contract", response_class=Pdf, responses=problems(404)
)
def get_deal_contract(request: Request, deal: Deal, asker: Asker, language: Language = "ja") -> Pdf:
    """The contract as it was delivered, as PDF."""
    with look(request, asker) as (tx, sight):
        return _pdf(copy_of(tx, _seen(papers.find(tx, deal), sight, deal), "individual", language))


@ROUTER.get(
    "/papers/{deal}/explanation.pdf", summary="Open a deal's explanation", response_class=Pdf, responses=problems(404)
)
def get_explanation(request: Request, deal: Deal, asker: Asker, language: Language = "ja") -> Pdf:
    """The explanation before the contract, as PDF. That a side opened it is noted: before that it cannot consent."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        paper = _seen(papers.find(tx, deal), sight, deal)
        found = copy_of(tx, paper, "pre_contract", language)
    note_opened(doors.steps, asker, paper, found.digest)
    return _pdf(found)


@ROUTER.post(
    "/papers/{deal}/consents", summary="Consent to a contract", status_code=201, responses=problems(403, 404, 409)
)
def post_consent(request: Request, deal: Deal, asker: Person) -> PaperItem:
    """A side consents, itself: no agent and no program of others can. The same again changes nothing."""
    _require_side(request, deal, asker)
    doors: Doors = request.app.state.doors
    consent(doors.steps, asker, deal)
    return _now(request, deal)


@ROUTER.post(
    "/papers/{deal}/withdrawals", summary="Withdraw from a contract", status_code=201, responses=problems(403, 404, 409)
)
def post_withdrawal(request: Request, deal: Deal, asker: Person) -> PaperItem:
    """A side withdraws within the cooling-off time, without a reason. The same again changes nothing."""
    _require_side(request, deal, asker)
    doors: Doors = request.app.state.doors
    withdraw(doors.steps, asker, deal)
    return _now(request, deal)


def _require_side(request: Request, deal: str, asker: Principal) -> None:
    """What is not one's own is answered like what there is not."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        _seen(papers.find(tx, deal), Sight(asker.party, ()), deal)


def _seen(paper: PaperRow | None, sight: Sight, deal: str) -> PaperRow:
    if paper is None or (sight.party_id is not None and sight.party_id not in paper.parties):
        unknown("paper", deal)
    return paper


def _now(request: Request, deal: str) -> PaperItem:
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        paper = papers.find(tx, deal)
        assert paper is not None, "papers are never lost"
        return _item(paper, papers.acts(tx, deal))


def _item(paper: PaperRow, acts: list[ActRow]) -> PaperItem:
    return PaperItem(
        id=paper.id,
        seller_party=paper.seller_party,
        buyer_party=paper.buyer_party,
        documents=dict(paper.documents),
        due_at=paper.due_at,
        cooling_off_days=paper.cooling_off_days,
        acts=[
            ActItem(party_id=each.party_id, kind=str(each.kind), documents=[*each.documents], at=each.at)
            for each in acts
        ],
    )


def _pdf(found: Copy) -> Pdf:
    name = f"{found.name}-{found.language}.pdf"
    return Pdf(
        found.content, headers={"ETag": f'"{found.digest}"', "Content-Disposition": f'inline; filename="{name}"'}
    )
