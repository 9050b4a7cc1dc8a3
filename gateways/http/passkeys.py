"""Passkeys under ``/api/v1/auth/passkeys``: what a browser's ``navigator.credentials`` takes and gives, as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from gateways.http.auth import OWN_SITE, Session, SignedInItem, Strict, Text, address_of, opened, own
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.problem import problems
from identity.action import Action
from identity.authorisation import require
from services.access.passkeys import ask_for_passkey, ask_who_signs_in, keep_passkey, sign_in_by_passkey

ROUTER = APIRouter(prefix="/auth/passkeys", tags=["auth"])


class AnswerForm(Strict):
    """The credential as the browser's ``toJSON`` gives it."""

    credential: dict[str, Any]


class PasskeyItem(Answer):
    """The id of the passkey that was kept."""

    id: str


class NewPasskeyForm(AnswerForm):
    """name: what its owner calls the device."""

    name: Text


@ROUTER.post("/options", summary="Begin to make a passkey")
def post_passkey_options(request: Request, asker: Session) -> dict[str, Any]:
    """What ``navigator.credentials.create`` needs. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.CHANGE_SIGN_IN, own(asker.principal))
    return ask_for_passkey(doors.reception, asker.principal.account)


@ROUTER.post(
    "", summary="Keep a passkey", status_code=201, response_model=PasskeyItem, openapi_extra=form_body(NewPasskeyForm)
)
def post_passkey(
    request: Request, asker: Session, given: Annotated[NewPasskeyForm, Depends(form(NewPasskeyForm))]
) -> dict[str, str]:
    """Keep a passkey that was just made. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.CHANGE_SIGN_IN, own(asker.principal))
    return {"id": keep_passkey(doors.reception, asker.principal.account, given.name, given.credential)}


@ROUTER.post("/sign-in/options", summary="Begin to sign in by passkey", dependencies=OWN_SITE, responses=problems(403))
def post_passkey_sign_in_options(request: Request) -> dict[str, Any]:
    """What ``navigator.credentials.get`` needs."""
    doors: Doors = request.app.state.doors
    return ask_who_signs_in(doors.reception)


@ROUTER.post(
    "/sign-in",
    summary="Sign in by passkey",
    dependencies=OWN_SITE,
    response_model=SignedInItem,
    responses=problems(401, 403),
    openapi_extra=form_body(AnswerForm),
)
def post_passkey_sign_in(request: Request, given: Annotated[AnswerForm, Depends(form(AnswerForm))]) -> JSONResponse:
    """Sign in by passkey. 401 when the answer does not hold."""
    doors: Doors = request.app.state.doors
    return opened(request, sign_in_by_passkey(doors.reception, given.credential, address_of(request)))
