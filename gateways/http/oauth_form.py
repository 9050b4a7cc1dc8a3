"""OAuth's forms and queries within bounds, each name once: else two readers would understand them differently."""

import base64
import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request

from domain.errors import GrantRefused
from gateways.strict_json import parse
from identity.client_assertion import TYPE
from services.access.tokens import Credentials

BYTES_MAX = 16 * 1024
FIELDS_MAX = 40


async def read_form(request: Request) -> list[tuple[str, str]]:
    """The body's fields in order. Raises GrantRefused on any other kind of body, a long one, or what is no text."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise GrantRefused("invalid_request", "send application/x-www-form-urlencoded")
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BYTES_MAX:
            raise GrantRefused("invalid_request", f"a request has at most {BYTES_MAX} bytes")
    return read_fields(raw.decode("ascii", "replace"))


def read_fields(text: str) -> list[tuple[str, str]]:
    """The fields of a query or form. Raises GrantRefused."""
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise GrantRefused("invalid_request", f"send at most {FIELDS_MAX} fields of UTF-8 text") from None
    if len(text) > BYTES_MAX or any("\x00" in value for field in found for value in field):
        raise GrantRefused("invalid_request", "the request is too long, or holds zero bytes")
    return found


def once_each(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The fields by name, without empty ones. Raises GrantRefused when one comes twice."""
    said = [(name, value) for name, value in fields if value]
    names = [name for name, _ in said]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise GrantRefused("invalid_request", f"{twice[0][:40]} comes more than once")
    return dict(said)


def credentials(request: Request, said: dict[str, str]) -> Credentials:
    """What the client says of itself, in the header or the form. Raises GrantRefused when it uses two ways."""
    scheme, _, basic = request.headers.get("authorization", "").partition(" ")
    if "client_assertion" in said or "client_assertion_type" in said:
        return _asserted(scheme, said)
    if not scheme:
        return Credentials(said.get("client_id", ""), said.get("client_secret"))
    try:
        name, found, secret = base64.b64decode(basic, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        name, found, secret = "", "", ""
    if scheme.lower() != "basic" or not found or "client_secret" in said:
        raise GrantRefused("invalid_client", "send the client's credentials as Basic authentication or in the form")
    return Credentials(unquote_plus(name), unquote_plus(secret))


def _asserted(scheme: str, said: dict[str, str]) -> Credentials:
    """The client that an assertion names; whether it is its own is judged with its key (RFC 7523, section 2.2)."""
    assertion = said.get("client_assertion", "")
    if scheme or "client_secret" in said or said.get("client_assertion_type") != TYPE:
        raise GrantRefused("invalid_client", f"send client_assertion with client_assertion_type {TYPE}, nothing else")
    named = said.get("client_id") or _issuer_of(assertion)
    return Credentials(named, assertion=assertion)


def _issuer_of(assertion: str) -> str:
    """Whom it names, unproved. Raises GrantRefused when it is none."""
    try:
        claims = parse(urlsafe_b64decode(assertion.split(".")[1] + "=="))
    except (ValueError, IndexError):
        claims = None
    named = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(named, str) or "\x00" in named:
        raise GrantRefused("invalid_client", "client_assertion names no client")
    return named
