"""OAuth's forms and queries within bounds, each name once: else two readers would understand them differently."""

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request

from domain.errors import GrantRefused

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


def credentials(request: Request, said: dict[str, str]) -> tuple[str, str | None]:
    """The client's id and secret, from the header or the form. Raises GrantRefused when it uses both."""
    scheme, _, basic = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return said.get("client_id", ""), said.get("client_secret")
    try:
        name, found, secret = base64.b64decode(basic, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        name, found, secret = "", "", ""
    if scheme.lower() != "basic" or not found or "client_secret" in said:
        raise GrantRefused("invalid_client", "send the client's credentials as Basic authentication or in the form")
    return unquote_plus(name), unquote_plus(secret)
