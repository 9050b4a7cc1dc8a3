"""One's own keys for programs, under ``/api/v1/auth/keys``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, Field

from gateways.http.auth import Session, Strict, Text, own
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer, Name
from gateways.http.problem import Refused, problems
from identity.action import Action
from identity.authorisation import require
from memory.access import api_keys
from memory.access.api_keys import KeyRow
from services.access.api_keys import DAYS_MAX, make_key, revoke_key

ROUTER = APIRouter(prefix="/auth/keys", tags=["auth"])


class KeyForm(Strict):
    """days: how long it is good."""

    name: Text
    scopes: Annotated[list[Text], Field(min_length=1, max_length=40)]
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


class KeyItem(Answer):
    """A key without what opens anything. made_by: the account that made it."""

    id: str
    account: str
    name: str
    scopes: list[str]
    made_at: AwareDatetime
    made_by: str
    expires_at: AwareDatetime
    used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class KeyItems(Answer):
    """One's own keys."""

    items: list[KeyItem]


class NewKey(Answer):
    """A new key, shown this once."""

    key: str


@ROUTER.get("", summary="List one's keys", response_model=KeyItems)
def get_keys(request: Request, asker: Session) -> dict[str, Any]:
    """One's own keys, without what opens anything."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    with doors.steps.database.read() as tx:
        return {"items": [key_record(key) for key in api_keys.all_of(tx, asker.principal.account)]}


@ROUTER.post("", summary="Make a key", status_code=201, response_model=NewKey, openapi_extra=form_body(KeyForm))
def post_key(request: Request, asker: Session, given: Annotated[KeyForm, Depends(form(KeyForm))]) -> dict[str, str]:
    """Make a key; it is shown this once. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.MANAGE_KEYS, own(asker.principal))
    account = asker.principal.account
    return {"key": make_key(doors.reception, account, account, given.name, given.scopes, given.days)}


@ROUTER.delete("/{key_id}", summary="Revoke a key", status_code=204, responses=problems(404))
def delete_key(request: Request, key_id: Name, asker: Session) -> None:
    """Revoke one of one's own keys; no fresh sign-in is asked for, because it may be urgent. 404 for any other."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    with doors.steps.database.read() as tx:
        known = any(key.id == key_id for key in api_keys.all_of(tx, asker.principal.account))
    if not known:
        raise Refused(404, "unknown_key", "no key of yours has this id")
    revoke_key(doors.reception, asker.principal.account, key_id)


def key_record(key: KeyRow) -> dict[str, Any]:
    """A key as its owner and admins see it."""
    return {
        "id": key.id,
        "account": key.account_id,
        "name": key.name,
        "scopes": list(key.scopes),
        "made_at": key.made_at.isoformat(),
        "made_by": key.made_by,
        "expires_at": key.expires_at.isoformat(),
        "used_at": key.used_at.isoformat() if key.used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
