"""What went wrong, as RFC 9457 problem+json: one table from our error tree to HTTP.

A broken rule says what to mend and is the caller's to solve (4xx); a failed outside is ours, may pass, and says when
to try again (5xx) without telling strangers how we are built inside.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from domain import errors
from domain.errors import Fault, GrantRefused, GridpactError, InputRefused, OutsideFailed, SignInRefused
from gateways.http.page import Answer
from identity.dpop_nonce import nonce_at

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
LOG = logging.getLogger(__name__)

STATUS: dict[type[GridpactError], int] = {
    errors.InputRefused: 422,
    errors.PermissionDenied: 403,
    errors.SignInRefused: 401,
    errors.RuleValueUnusable: 409,
    errors.TransitionRefused: 409,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.AuditBroken: 500,
    errors.RuleBroken: 422,
    errors.StorageFull: 507,
    errors.OutsideFailed: 503,
}
OAUTH_STATUS = {"invalid_client": 401, "temporarily_unavailable": 429}


class FaultItem(Answer):
    """One thing that is wrong: where, a stable word for programs, and what to do, for people."""

    where: str
    code: str
    message: str


class ProblemItem(Answer):
    """What went wrong, after RFC 9457. type: a stable name. faults: all there are, at once."""

    type: Annotated[str, Field(pattern="^urn:gridpact:problem:[a-z_]+$")]
    title: str
    status: int
    detail: str
    faults: list[FaultItem] = Field(default_factory=list)


class Refused(Exception):
    """The request itself is at fault, before any rule of the market is asked."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


def status_of(error: GridpactError) -> int:
    """The status of the nearest class in the table, walking up the error tree."""
    return next((STATUS[known] for known in type(error).__mro__ if known in STATUS), 500)


def problem(
    status: int, code: str, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """One problem document. ``type`` is a stable name, ``faults`` every fault at once."""
    body: dict[str, Any] = {"type": f"urn:gridpact:problem:{code}", "title": code, "status": status, "detail": detail}
    if faults:
        body["faults"] = [fault_record(fault) for fault in faults]
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def fault_record(fault: Fault) -> dict[str, str]:
    """A fault for programs and people."""
    return {"where": fault.where, "code": fault.code, "message": fault.message}


def faults_of(found: Sequence[Any]) -> list[Fault]:
    """The faults that pydantic found, each with its place and its kind."""
    return [Fault(":".join(str(part) for part in each["loc"]) or "body", each["type"], each["msg"]) for each in found]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route says which problems it answers with, beyond those that every route of its kind has."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemItem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def of_item() -> dict[int | str, dict[str, Any]]:
    """The same of an item that is read by its tag: it may be unknown, or the one that is held."""
    tag = {"ETag": {"description": "the item's strong tag", "schema": {"type": "string"}}}
    held = {"description": "the item is as If-None-Match has it", "headers": tag}
    return {200: {"headers": tag}, 304: held, **problems(404)}


def of_list() -> dict[int | str, dict[str, Any]]:
    """The same of a part of a list that has a tag."""
    return {status: each for status, each in of_item().items() if status != HTTPStatus.NOT_FOUND}


def install(app: FastAPI) -> None:
    """Make every failure of the application a problem document."""
    app.add_exception_handler(GridpactError, _of_our_tree)
    app.add_exception_handler(GrantRefused, _of_oauth)
    app.add_exception_handler(RequestValidationError, _of_pydantic)
    app.add_exception_handler(Refused, _of_request)
    app.add_exception_handler(HTTPException, _of_routing)
    app.add_exception_handler(Exception, _of_anything)


def _of_our_tree(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GridpactError)
    status, code = status_of(error), _code(error)
    if isinstance(error, OutsideFailed):
        LOG.error("%s %s: %s", request.method, request.url.path, error)
        detail = "a part that this needs does not answer; nothing was lost, send the same again"
        return problem(status, code, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(error, SignInRefused) and error.wait_s:
        return problem(429, "too_many_tries", str(error), headers={"Retry-After": str(error.wait_s)})
    faults = error.faults if isinstance(error, InputRefused) else ()
    return problem(status, code, str(error), faults)


NONCE_HEADER = "DPoP-Nonce"


def _of_oauth(request: Request, error: Exception) -> JSONResponse:
    """As RFC 6749 has it, which every OAuth client reads."""
    assert isinstance(error, GrantRefused)
    status = OAUTH_STATUS.get(error.code, 400)
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    if error.code == "use_dpop_nonce":
        reception = request.app.state.doors.reception
        headers[NONCE_HEADER] = nonce_at(reception.steps.keys, reception.now())
    return JSONResponse({"error": error.code, "error_description": str(error)}, status, headers=headers)


def _of_pydantic(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = faults_of(error.errors())
    return problem(422, "input_refused", f"{len(faults)} faults in the request", faults)


def _of_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(error.status, error.code, error.detail, headers=error.headers)


def _of_routing(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, "http", str(error.detail), headers=error.headers)


def _of_anything(request: Request, error: Exception) -> JSONResponse:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", "the program is at fault, not the request; the log names the place")


def _code(error: GridpactError) -> str:
    """``TransitionRefused`` becomes ``transition_refused``."""
    name = type(error).__name__
    return "".join(f"_{char.lower()}" if char.isupper() and at else char.lower() for at, char in enumerate(name))
