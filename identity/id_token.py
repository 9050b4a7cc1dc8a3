"""ID tokens (OpenID Connect Core, 3.1.3.7): whom an outside provider has just seen, for us and this sign-in.

Signed with a public key of the provider's; nothing in the token but issuer and subject says who it is: an e-mail
address is whatever somebody typed there.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from identity.session_age import FRESH_MAX

ALGORITHMS = ("RS256", "ES256", "Ed25519")
SKEW = timedelta(minutes=1)
CHARACTERS_MAX = 16_384
SUBJECT_CHARACTERS_MAX = 255


def subject_of(
    text: str, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str, now: datetime
) -> str | None:
    """The subject; None when the token does not hold. keys: the provider's, as its JWK set.

    The person must have proved itself to the provider within the last minutes: a sign-in here counts as fresh.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if len(text) > CHARACTERS_MAX or not text.isascii():
        return None
    try:
        claims = jwt.decode(text, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError):  # what a library says of malformed keys varies with the fault
        return None
    audience = claims.get("aud")
    ours = audience == client_id or (audience == [client_id])
    holds = ours and claims.get("iss") == issuer and claims.get("nonce") == nonce and _is_of_now(claims, now)
    subject = claims.get("sub")
    if not holds or not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARACTERS_MAX or "\x00" in subject:
        return None
    return subject


def _is_of_now(claims: Mapping[str, Any], now: datetime) -> bool:
    ends, made, proved = (claims.get(name) for name in ("exp", "iat", "auth_time"))
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in (ends, made, proved)):
        return False
    moment, off = int(now.timestamp()), int(SKEW.total_seconds())
    lately = moment - int(FRESH_MAX.total_seconds()) - off <= int(proved or 0) <= moment + off
    return int(ends or 0) > moment - off and int(made or 0) <= moment + off and lately
