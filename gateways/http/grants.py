"""What one granted to programs, under ``/api/v1/auth/grants``: to see it and to take it back."""

from datetime import datetime

from fastapi import APIRouter, Request

from gateways.http.auth import Session, own
from gateways.http.doors import Doors
from gateways.http.page import Answer, Name
from identity.action import Action
from identity.authorisation import require
from memory.access import oauth_clients, oauth_grants
from services.access.authorising import end_grant

ROUTER = APIRouter(prefix="/auth/grants", tags=["auth"])


class GrantItem(Answer):
    """What one granted. client: the program's id. resource: where the grant is good."""

    id: str
    client: str
    name: str
    scopes: list[str]
    resource: str
    made_at: datetime
    expires_at: datetime


class Grants(Answer):
    """One's own grants."""

    items: list[GrantItem]


@ROUTER.get("", summary="List what one granted")
def get_grants(request: Request, asker: Session) -> Grants:
    """One's own grants that nobody ended, the newest first."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    with doors.steps.database.read() as tx:
        found = oauth_grants.of_account(tx, asker.principal.account)
        names = {each.id: each.name for each in oauth_clients.every(tx)}
    items = [
        GrantItem(
            id=each.id,
            client=each.client_id,
            name=names.get(each.client_id, ""),
            scopes=list(each.scopes),
            resource=each.resource,
            made_at=each.made_at,
            expires_at=each.expires_at,
        )
        for each in found
    ]
    return Grants(items=items)


@ROUTER.delete("/{grant_id}", summary="Take a grant back", status_code=204)
def delete_grant(request: Request, grant_id: Name, asker: Session) -> None:
    """Take a grant back; no fresh sign-in is asked for, because it may be urgent. 422 for any other."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    end_grant(doors.reception, asker.principal.account, grant_id)
