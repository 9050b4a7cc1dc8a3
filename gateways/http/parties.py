"""Parties: who takes part, and the licences they hold. A member sees its own."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response

from domain.party import Expertise, Party, Role
from gateways.http.auth import Strict, Text
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.owners import of_party
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import of_item, problems
from gateways.http.tag import tagged
from identity.action import Action
from identity.authorisation import require
from memory.devices import registered
from memory.window import Window
from services.members.people import register_party

ROUTER = APIRouter(prefix="/parties", tags=["parties"])
PartyId = Annotated[str, Path(pattern=r"^[!-~]{1,64}$")]


class LicenceItem(Answer):
    """A registration that a supply rests on. valid_to: its last day."""

    kind: str
    number: str
    registered_name: str
    valid_to: date


class PartyForm(Strict):
    """A person or firm. Of a firm its corporate number, and its number for invoices when it has one."""

    name: Text
    role: Annotated[Role, Field(strict=False)]
    corporate_number: Annotated[str, Field(pattern="^([0-9]{13})?$")] = ""
    invoice_number: Annotated[str, Field(pattern="^(T[0-9]{13})?$")] = ""


class PartyItem(Answer):
    """A person or a firm. expertise: of an expert, null for others."""

    id: str
    name: str
    role: Role
    expertise: Expertise | None
    licences: list[LicenceItem]


@ROUTER.get("", summary="List parties")
def get_parties(request: Request, asker: Asker, window: Annotated[Window, Depends(window_by(str))]) -> Page[PartyItem]:
    """The parties one may see, by id."""
    with look(request, asker) as (tx, sight):
        found = registered.parties(tx, sight.party_id, window)
        items = _items(tx, found)
    return page(window, found, lambda party: (party.id,), lambda party: items[party.id])


@ROUTER.get("/{party_id}", summary="Read a party", response_model=PartyItem, responses=of_item())
def get_party(request: Request, party_id: Name, asker: Asker) -> Response:
    """One party, when it is among those that one may see."""
    with look(request, asker) as (tx, sight):
        found = registered.parties(tx, party_id, Window(limit=1)) if sight.party_id in {None, party_id} else []
        items = _items(tx, found)
    return tagged(request, items.get(party_id) or unknown("party", party_id))


@ROUTER.put(
    "/{party_id}",
    summary="Register a party",
    response_model=PartyItem,
    responses={**problems(409), 201: {"model": PartyItem, "description": "it is new"}},
    openapi_extra=form_body(PartyForm),
)
def put_party(
    request: Request, party_id: PartyId, asker: Asker, given: Annotated[PartyForm, Depends(form(PartyForm))]
) -> JSONResponse:
    """Register a person or firm under an id: 201, 200 when it stands there just so, 409 when another does. It takes an
    admin with a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker, Action.REGISTER_PARTY, of_party(party_id))
    party = Party(party_id, given.name, given.role)
    numbers = given.corporate_number, given.invoice_number
    new = register_party(doors.steps, party, asker.account, *numbers)
    item = PartyItem(id=party.id, name=party.name, role=party.role, expertise=None, licences=[])
    return JSONResponse(item.model_dump(mode="json"), 201 if new else 200)


def _items(tx: Connection, found: list[Party]) -> dict[str, PartyItem]:
    held: dict[str, list[Any]] = {party.id: [] for party in found}
    for licence in registered.licences(tx, list(held)):
        held[licence.holder_id].append(LicenceItem.model_validate(licence))
    return {
        party.id: PartyItem(
            id=party.id, name=party.name, role=party.role, expertise=party.expertise, licences=held[party.id]
        )
        for party in found
    }
