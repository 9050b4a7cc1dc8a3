"""Signing in and out, invitations, one's own sessions, password and recovery codes, under ``/api/v1/auth``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from domain.account import AccountRole
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer, Name
from gateways.http.principal import (
    clear_session,
    principal_of,
    require_own_site,
    session_token,
    set_session,
    signed_in,
)
from gateways.http.problem import Refused, problems
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.token import csrf_token
from memory.access import sessions
from services.access.accounts import confirm_role, invite
from services.access.invitations import accept_invitation, see_invitation
from services.access.signing_in import Opened, change_password, renew_recovery_codes, sign_in, sign_out
from services.access.who_asks import SignedIn, of_session

ROUTER = APIRouter(prefix="/auth", tags=["auth"])
Text = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]
Session = Annotated[SignedIn, Depends(signed_in)]
OWN_SITE = [Depends(require_own_site)]


class Strict(BaseModel):
    """A form without room for what it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SignInForm(Strict):
    """code: six digits of the authenticator, or a recovery code."""

    login: Text
    password: Text
    code: Text


class InviteForm(Strict):
    """Whom to invite, for which party, as what."""

    login: Text
    party: Text
    roles: Annotated[list[Annotated[AccountRole, Field(strict=False)]], Field(max_length=len(AccountRole))]


class InvitationForm(Strict):
    """The invitation as it was handed over."""

    invitation: Text


class AcceptForm(InvitationForm):
    """code: of the secret that the invitation showed last."""

    password: Text
    code: Text


class PasswordForm(Strict):
    """The new password."""

    password: Text


class SessionItem(Answer):
    """Who one is here. fresh: whether one may sign. session: its id. csrf: what changes send as X-CSRF-Token."""

    account: str
    party: str
    roles: list[AccountRole]
    fresh: bool
    session: str
    csrf: str


class OpenSession(Answer):
    """A session of one's own. how: by what one signed in. this: it is the asking one."""

    id: str
    made_at: AwareDatetime
    seen_at: AwareDatetime
    how: str
    address: str
    this: bool


class OpenSessions(Answer):
    """One's own sessions, the newest first."""

    items: list[OpenSession]


class SignedInItem(Answer):
    """A new session. csrf: what changes send as X-CSRF-Token."""

    account: str
    csrf: str


class AcceptedItem(SignedInItem):
    """The same, with recovery codes that are shown this once."""

    recovery_codes: list[str]


class InvitationItem(Answer):
    """An invitation, shown this once."""

    invitation: str


class SecretItem(Answer):
    """What one's authenticator takes, as text and as address of a QR code."""

    login: str
    secret: str
    uri: str


class RecoveryCodes(Answer):
    """New recovery codes, shown this once."""

    recovery_codes: list[str]


def own(principal: Principal) -> Record:
    """A record that is about the asker alone."""
    return Record(owners=frozenset({principal.party}))


def opened(request: Request, session: Opened, status: int = 200, **more: Any) -> JSONResponse:
    """The answer to a sign-in: the new cookie, and the token that goes with it. The session before it ends."""
    doors: Doors = request.app.state.doors
    if (before := session_token(request)) and (old := of_session(doors.reception, before)):
        sign_out(doors.reception, old.principal.account, old.session_id)
    response = JSONResponse({"account": session.account_id, "csrf": csrf_token(session.token), **more}, status)
    set_session(response, doors.reception.website, session.token)
    return response


def address_of(request: Request) -> str:
    """Where the request came from, as far as the server can tell."""
    return request.client.host if request.client else "unknown"


@ROUTER.post(
    "/sign-in",
    summary="Sign in",
    dependencies=OWN_SITE,
    response_model=SignedInItem,
    responses=problems(401, 403),
    openapi_extra=form_body(SignInForm),
)
def post_sign_in(request: Request, given: Annotated[SignInForm, Depends(form(SignInForm))]) -> JSONResponse:
    """Sign in by password and code. 401 when they do not fit together, 429 after too many tries."""
    doors: Doors = request.app.state.doors
    return opened(request, sign_in(doors.reception, given.login, given.password, given.code, address_of(request)))


@ROUTER.post("/sign-out", summary="Sign out", status_code=204)
def post_sign_out(request: Request, asker: Session) -> Response:
    """End this session."""
    doors: Doors = request.app.state.doors
    sign_out(doors.reception, asker.principal.account, asker.session_id)
    response = Response(status_code=204)
    clear_session(response, doors.reception.website)
    return response


@ROUTER.get("/session", summary="Read who one is", response_model=SessionItem)
def get_session(request: Request, asker: Session) -> dict[str, Any]:
    """Who one is here, whether one may sign, and the token that changes need."""
    principal = asker.principal
    return {
        "account": principal.account,
        "party": principal.party,
        "roles": sorted(principal.roles),
        "fresh": principal.fresh,
        "session": asker.session_id,
        "csrf": csrf_token(session_token(request)),
    }


@ROUTER.get("/sessions", summary="List one's sessions", response_model=OpenSessions)
def get_sessions(request: Request, asker: Session) -> dict[str, Any]:
    """One's own sessions, the newest first."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    with doors.steps.database.read() as tx:
        found = sessions.of_account(tx, asker.principal.account)
    return {
        "items": [
            {
                "id": each.id,
                "made_at": each.made_at.isoformat(),
                "seen_at": each.seen_at.isoformat(),
                "how": each.how,
                "address": each.address,
                "this": each.id == asker.session_id,
            }
            for each in found
        ]
    }


@ROUTER.delete("/sessions/{session_id}", summary="End a session", status_code=204, responses=problems(404))
def delete_session(request: Request, session_id: Name, asker: Session) -> None:
    """End one of one's own sessions; it may be this one. 404 when it is no session of one's own."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.SEE_SIGN_IN, own(asker.principal))
    if not sign_out(doors.reception, asker.principal.account, session_id):
        raise Refused(404, "unknown_session", "no session of yours has this id")


@ROUTER.post(
    "/invitations",
    summary="Invite somebody",
    status_code=201,
    response_model=InvitationItem,
    responses=problems(409),
    openapi_extra=form_body(InviteForm),
)
def post_invitation(
    request: Request,
    asker: Annotated[Principal, Depends(principal_of)],
    given: Annotated[InviteForm, Depends(form(InviteForm))],
) -> dict[str, str]:
    """Invite somebody. The invitation is shown this once; hand it over by a way that only they read. Roles that decide
    about others wait until another admin confirms them; so do those of an account that is invited again."""
    doors: Doors = request.app.state.doors
    require(asker, Action.INVITE_PERSON, Record(owners=frozenset({given.party})))
    return {"invitation": invite(doors.reception, asker.account, given.login, given.party, given.roles, alone=True)}


@ROUTER.post(
    "/accounts/{account}/roles/{role}/confirmation",
    summary="Confirm a role",
    status_code=204,
    responses=problems(409),
)
def post_role_confirmation(
    request: Request, account: Name, role: AccountRole, asker: Annotated[Principal, Depends(principal_of)]
) -> None:
    """Let a role count that another admin gave. 409 when there is no such account or the role does not wait."""
    doors: Doors = request.app.state.doors
    confirm_role(doors.reception, asker, account, role)


@ROUTER.post(
    "/invitations/see",
    summary="See what an invitation gives",
    dependencies=OWN_SITE,
    response_model=SecretItem,
    responses=problems(401, 403),
    openapi_extra=form_body(InvitationForm),
)
def post_see_invitation(
    request: Request, given: Annotated[InvitationForm, Depends(form(InvitationForm))]
) -> dict[str, str]:
    """The secret for one's authenticator. The invitation stays good."""
    doors: Doors = request.app.state.doors
    return see_invitation(doors.reception, given.invitation)


@ROUTER.post(
    "/invitations/accept",
    summary="Accept an invitation",
    dependencies=OWN_SITE,
    status_code=201,
    response_model=AcceptedItem,
    responses=problems(401, 403),
    openapi_extra=form_body(AcceptForm),
)
def post_accept_invitation(request: Request, given: Annotated[AcceptForm, Depends(form(AcceptForm))]) -> JSONResponse:
    """Set password and authenticator, and be signed in. The recovery codes are shown this once."""
    doors: Doors = request.app.state.doors
    where = address_of(request)
    session, codes = accept_invitation(doors.reception, given.invitation, given.password, given.code, where)
    return opened(request, session, 201, recovery_codes=codes)


@ROUTER.post("/password", summary="Change one's password", status_code=204, openapi_extra=form_body(PasswordForm))
def post_password(
    request: Request, asker: Session, given: Annotated[PasswordForm, Depends(form(PasswordForm))]
) -> None:
    """Change one's password; every session ends, this one too. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.CHANGE_SIGN_IN, own(asker.principal))
    change_password(doors.reception, asker.principal.account, given.password)


@ROUTER.post("/recovery-codes", summary="Renew one's recovery codes", status_code=201, response_model=RecoveryCodes)
def post_recovery_codes(request: Request, asker: Session) -> dict[str, list[str]]:
    """New recovery codes, shown this once; the earlier ones are good no more. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.CHANGE_SIGN_IN, own(asker.principal))
    return {"recovery_codes": renew_recovery_codes(doors.reception, asker.principal.account)}
