"""DPoP (RFC 9449): a request proves that its sender holds the key a token is bound to, so a stolen token opens nothing.

A proof is good for one method and address, about now, and once. The keys are P-256 or Ed25519.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

ALGORITHMS = ("ES256", "Ed25519")
SKEW = timedelta(minutes=1)
CHARACTERS_MAX = 4_096
ID_CHARACTERS_MAX = 200
SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})


class Proof(NamedTuple):
    """A proof that holds. key: the thumbprint of its key (RFC 7638). id: its own, to be spent. made_at: UTC. nonce:
    the one it answers, empty for none."""

    key: str
    id: str
    made_at: datetime
    nonce: str = ""

    @property
    def too_old_at(self) -> datetime:
        """From when it is refused for its age anyway."""
        return self.made_at + SKEW + timedelta(seconds=1)


def read_proof(text: str, method: str, url: str, now: datetime, token: str | None = None) -> Proof | None:
    """The proof, None when it does not hold for this method, address (without query) and moment.

    token: the access token that comes with it, whose hash the proof must carry. Whoever accepts it spends its id.
    """
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    if not 0 < len(text) <= CHARACTERS_MAX or not text.isascii():
        return None
    try:
        header = jws.extract_compact(text.encode()).headers()
        jwk = header.get("jwk")
        if header.get("typ") != "dpop+jwt" or not isinstance(jwk, dict) or SECRET_MEMBERS & jwk.keys():
            return None
        key = JWKRegistry.import_key(jwk)
        claims = jwt.decode(text, key, algorithms=list(ALGORITHMS)).claims
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError):  # what a library says of malformed keys varies with the fault
        return None
    return _checked(claims, thumbprint, method, url, now, token)


def token_digest(token: str) -> str:
    """What a proof carries of an access token."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def _checked(claims: dict[str, Any], key: str, method: str, url: str, now: datetime, token: str | None) -> Proof | None:
    id_, made = claims.get("jti"), claims.get("iat")
    if not isinstance(id_, str) or not 0 < len(id_) <= ID_CHARACTERS_MAX or "\x00" in id_:
        return None
    if isinstance(made, bool) or not isinstance(made, int) or not 0 <= made < 2**40:
        return None
    made_at = datetime.fromtimestamp(made, UTC)
    named = claims.get("htu")
    right = claims.get("htm") == method and isinstance(named, str) and named.split("?")[0].split("#")[0] == url
    bound = token is None or claims.get("ath") == token_digest(token)
    nonce = claims.get("nonce", "")
    right = right and isinstance(nonce, str)
    return Proof(key, id_, made_at, nonce) if right and bound and abs(made_at - now) <= SKEW else None
