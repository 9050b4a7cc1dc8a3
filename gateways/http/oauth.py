"""OAuth for programs: what there is (RFC 8414, RFC 9728), tokens, revocation (RFC 7009), registration (RFC 7591).

Every refusal is in OAuth's own form, ``{"error", "error_description"}``, which its clients read.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.errors import GrantRefused, InputRefused
from gateways.http.auth import address_of
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.oauth_form import credentials, once_each, read_form
from gateways.http.principal import proof_of
from gateways.http.problem import NONCE_HEADER, Refused
from identity.client_assertion import ALGORITHMS as ASSERTION_ALGORITHMS
from identity.client_assertion import METHOD as KEY_METHOD
from identity.dpop import ALGORITHMS, Proof
from identity.dpop_nonce import nonce_at, nonce_holds
from identity.grantable import TO_ASSISTANTS, TO_SERVICES, scopes_in
from identity.pkce import METHOD
from identity.resource import Resource
from identity.token_life import LASTS, TokenKind
from services.access.oauth_clients import register_itself
from services.access.tokens import Asking, Issued, client_that_asks, exchange_code, for_service, refresh, revoke_token

ROUTER = APIRouter(tags=["oauth"], include_in_schema=False)  # OAuth describes itself, at its well-known addresses
CLIENT_METHODS = ("none", "client_secret_basic", "client_secret_post", KEY_METHOD)
REGISTRATION_BYTES_MAX = 16 * 1024
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
    }
}


class Registration(BaseModel):
    """What a client says of itself. What else it says is not kept; no client that registers itself gets a secret."""

    model_config = ConfigDict(extra="ignore", strict=True)
    client_name: str = Field("a program without a name", max_length=200)
    redirect_uris: list[Annotated[str, Field(max_length=1_000)]] = Field(max_length=20)


@ROUTER.get("/.well-known/oauth-authorization-server")
def get_server(request: Request) -> dict[str, Any]:
    """Where tokens come from, and how (RFC 8414)."""
    origin = _origin(request)
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "registration_endpoint": f"{origin}/oauth/register",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "scopes_supported": sorted(TO_SERVICES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": list(CLIENT_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(CLIENT_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": [METHOD],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["en", "ja"],
    }


@ROUTER.get("/.well-known/oauth-protected-resource{path:path}")
def get_resource(request: Request, path: str) -> dict[str, Any]:
    """What opens a resource (RFC 9728), by the resource's path. 404 for any other path."""
    origin = _origin(request)
    resource = next((each for each in Resource if each == path.rstrip("/")), None)
    if resource is None:
        raise Refused(404, "unknown_resource", f"resources here: {', '.join(each.url(origin) for each in Resource)}")
    return {
        "resource": resource.url(origin),
        "resource_name": "Gridpact",
        "authorization_servers": [origin],
        "scopes_supported": list(TO_ASSISTANTS),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }


@ROUTER.post("/oauth/token", openapi_extra=FORM)
async def post_token(request: Request) -> JSONResponse:
    """A token for a code, a refresh token, or a service's secret. 400 with OAuth's word, 401 on wrong credentials."""
    said = once_each(await read_form(request))
    answer = await run_in_threadpool(_answer, request, said)
    reception = request.app.state.doors.reception
    nonce = {NONCE_HEADER: nonce_at(reception.steps.keys, reception.now())} if "dpop" in request.headers else {}
    return JSONResponse(answer, headers={"Pragma": "no-cache"} | nonce)


@ROUTER.post("/oauth/revoke", openapi_extra=FORM)
async def post_revocation(request: Request) -> Response:
    """Make a token useless. 200 whether it was known or not, so that nobody learns which are."""
    said = once_each(await read_form(request))

    def revoke() -> None:
        doors: Doors = request.app.state.doors
        client = client_that_asks(doors.reception, credentials(request, said))
        revoke_token(doors.reception, client, said.get("token", ""))

    await run_in_threadpool(revoke)
    return Response(status_code=200)


@ROUTER.post("/oauth/register", status_code=201)
async def post_registration(request: Request) -> JSONResponse:
    """Make a client known that may ask people for access. 400 with what is wrong, 429 after too many."""
    try:
        said = Registration.model_validate(await read_json(request, REGISTRATION_BYTES_MAX))
        client = await run_in_threadpool(
            register_itself,
            request.app.state.doors.reception,
            said.client_name,
            said.redirect_uris,
            address_of(request),
        )
    except ValidationError as wrong:
        raise GrantRefused(
            "invalid_client_metadata", f"{wrong.error_count()} faults in client_name or redirect_uris"
        ) from None
    except InputRefused as wrong:
        word = "invalid_redirect_uri" if "redirect" in wrong.faults[0].where else "invalid_client_metadata"
        raise GrantRefused(word, str(wrong)) from None
    record = {
        "client_id": client.id,
        "client_id_issued_at": int(client.made_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirects),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": " ".join(TO_ASSISTANTS),
    }
    return JSONResponse(record, 201)


def _proof(request: Request) -> Proof | None:
    """The proof of a token request, which answers a nonce of ours. Raises GrantRefused when one came that does not."""
    doors: Doors = request.app.state.doors
    proof = proof_of(request)
    if proof is None and "dpop" in request.headers:
        raise GrantRefused("invalid_dpop_proof", "the DPoP proof does not hold for this method, address and moment")
    if proof is not None and not nonce_holds(doors.reception.steps.keys, proof.nonce, doors.reception.now()):
        raise GrantRefused("use_dpop_nonce", "make the proof again with the nonce of the header DPoP-Nonce")
    return proof


def _answer(request: Request, said: Mapping[str, str]) -> dict[str, Any]:
    doors: Doors = request.app.state.doors
    proof = _proof(request)
    handle = GRANTS.get(said.get("grant_type", ""))
    if handle is None:
        raise GrantRefused("unsupported_grant_type", f"grant_type is one of {', '.join(GRANTS)}")
    client = client_that_asks(doors.reception, credentials(request, dict(said)))
    return _record(handle(doors, Asking(client, proof), said))


def _by_code(doors: Doors, asking: Asking, said: Mapping[str, str]) -> Issued:
    code, redirect, verifier = (said.get(name, "") for name in ("code", "redirect_uri", "code_verifier"))
    return exchange_code(doors.reception, asking, code, redirect, verifier, said.get("resource"))


def _by_refresh(doors: Doors, asking: Asking, said: Mapping[str, str]) -> Issued:
    scopes = scopes_in(said.get("scope", ""))
    return refresh(doors.reception, asking, said.get("refresh_token", ""), scopes, said.get("resource"))


def _by_secret(doors: Doors, asking: Asking, said: Mapping[str, str]) -> Issued:
    return for_service(doors.reception, asking, scopes_in(said.get("scope", "")), said.get("resource"))


GRANTS: dict[str, Callable[[Doors, Asking, Mapping[str, str]], Issued]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_secret,
}


def _record(issued: Issued) -> dict[str, Any]:
    made = {
        "access_token": issued.access,
        "token_type": "DPoP" if issued.bound else "Bearer",
        "expires_in": int(LASTS[TokenKind.ACCESS].total_seconds()),
        "scope": " ".join(issued.scopes),
    }
    return made | ({"refresh_token": issued.refresh} if issued.refresh else {})


def _origin(request: Request) -> str:
    doors: Doors = request.app.state.doors
    return doors.reception.website.origin
