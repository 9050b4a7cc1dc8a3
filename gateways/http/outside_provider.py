"""An OpenID Connect provider as it stands outside: discovered, asked for a code, and its ID token checked.

What it answers is bounded and strictly read. It is reached over https, or on this very machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from domain.errors import OutsideFailed
from gateways.strict_json import parse
from identity.id_token import subject_of
from identity.pkce import METHOD, challenge_of
from identity.redirect import LOOPBACK
from identity.session_age import FRESH_MAX

WithSecret = Callable[[Callable[[str], dict[str, Any]]], dict[str, Any]]
TIMEOUT_S = 10.0
BYTES_MAX = 256 * 1024
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OutsideProvider:
    """The provider of the settings. issuer: exactly as it names itself. with_secret: a call in which our secret there
    is used. clock: the house's."""

    issuer: str
    client_id: str
    with_secret: WithSecret
    clock: Callable[[], datetime]

    def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Whereto the browser goes. Raises OutsideFailed."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": METHOD,
            "max_age": str(int(FRESH_MAX.total_seconds())),
        }
        return f"{self._found()['authorization_endpoint']}?{urlencode(asked)}"

    def subject(self, code: str, redirect: str, nonce: str, verifier: str) -> str | None:
        """Whom the provider saw, None when its answer does not hold. Raises OutsideFailed when it does not answer."""
        known = self._found()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
        }  # fmt: skip
        answer = self.with_secret(
            lambda secret: _json("POST", known["token_endpoint"], form, (self.client_id, secret), refused={})
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            return None
        keys = _json("GET", known["jwks_uri"])
        return subject_of(token, keys, self.issuer, self.client_id, nonce, self.clock())

    def _found(self) -> dict[str, str]:
        """The provider's addresses. Raises OutsideFailed when they are not its own word or not safe."""
        told = _json("GET", self.issuer.rstrip("/") + WELL_KNOWN)
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        found = {name: str(told.get(name, "")) for name in names}
        if told.get("issuer") != self.issuer or not all(map(_is_safe, found.values())):
            raise OutsideFailed(f"{self.issuer} does not describe itself as an OpenID Connect provider of that name")
        return found


def _json(
    method: str, address: str, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None,
    refused: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An object that the provider answers with. refused: what a 4xx counts as. Raises OutsideFailed."""
    import httpx2

    try:
        with (
            httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False) as http,
            http.stream(method, address, data=form, auth=auth) as answer,
        ):
            raw = b""
            for chunk in answer.iter_bytes():
                raw += chunk
                if len(raw) > BYTES_MAX:
                    raise OutsideFailed(f"{address} answers more than {BYTES_MAX} bytes")
            if refused is not None and 400 <= answer.status_code < 500:
                return refused
            found = parse(raw) if answer.status_code == 200 else None
    except (httpx2.HTTPError, ValueError) as error:
        raise OutsideFailed(f"{address} does not answer as a provider does: {error}") from error
    if not isinstance(found, dict):
        raise OutsideFailed(f"{address} does not answer as a provider does")
    return found


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
