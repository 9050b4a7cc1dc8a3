"""A client proves who it is with its own key instead of a secret: ``private_key_jwt`` (RFC 7523).

The market keeps the public half only. An assertion names the client as issuer and subject, this server's token address
or name as its one audience, ends within minutes, and is good once. The keys are P-256 or Ed25519.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

METHOD = "private_key_jwt"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "Ed25519")
LASTS_MAX, SKEW = timedelta(minutes=5), timedelta(minutes=1)
CHARACTERS_MAX, ID_CHARACTERS_MAX = 4_096, 200

Jwk = Mapping[str, str]


class Assertion(NamedTuple):
    """An assertion that holds. id: its own, to be spent. too_old_at: from when it is refused for its age anyway."""

    id: str
    too_old_at: datetime


def read_assertion(text: str, client_id: str, jwk: Jwk, audiences: Collection[str], now: datetime) -> Assertion | None:
    """The assertion, None when it is not this client's, not for us or not good now."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey

    if not 0 < len(text) <= CHARACTERS_MAX or not text.isascii():
        return None
    okp = jwk.get("kty") == "OKP"
    try:
        key = (OKPKey if okp else ECKey).import_key(dict(jwk))
        claims = jwt.decode(text, key, algorithms=["Ed25519" if okp else "ES256"]).claims
    except (JoseError, ValueError, TypeError, KeyError):  # what a library says of malformed tokens varies
        return None
    return _checked(claims, client_id, audiences, now)


def _checked(claims: dict[str, Any], client_id: str, audiences: Collection[str], now: datetime) -> Assertion | None:
    id_, until, for_whom = claims.get("jti"), claims.get("exp"), claims.get("aud")
    named = for_whom[0] if isinstance(for_whom, list) and len(for_whom) == 1 else for_whom
    if not isinstance(id_, str) or not 0 < len(id_) <= ID_CHARACTERS_MAX or "\x00" in id_:
        return None
    if type(until) is not int or not 0 <= until < 2**40:
        return None
    ends = datetime.fromtimestamp(until, UTC)
    its_own = claims.get("iss") == claims.get("sub") == client_id
    ours = isinstance(named, str) and named in audiences
    return Assertion(id_, ends + SKEW) if its_own and ours and now - SKEW < ends <= now + LASTS_MAX + SKEW else None
