"""Parties: who takes part, and the licences they hold. A member sees its own."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from domain.party import Expertise, Party, Role
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.tag import tagged
from memory.devices import registered
from memory.window import Window

ROUTER = APIRouter(prefix="/parties", tags=["parties"])


class LicenceItem(Answer):
    """A registration that a supply rests on. valid_to: its last day."""

    kind: str
    number: str
    registered_name: str
    valid_to: date


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
