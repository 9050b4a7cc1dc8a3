"""Nonces that the server gives for DPoP proofs (RFC 9449, section 8): a proof is made after its nonce, not long before.

A nonce is a stretch of five minutes and the house's signature over it: nothing is kept, everybody gets the same, and
what makes a proof good once is its own id. That of the stretch before is good too, so that none expires in the hand.
"""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from identity.keys import Signers

ACTOR, PURPOSE = "oauth", b"gridpact-dpop-nonce-1:"
LASTS = timedelta(minutes=5)


def nonce_at(keys: Signers, now: datetime) -> str:
    """The nonce to be given at a moment."""
    return _nonce(keys, _stretch(now))


def nonce_holds(keys: Signers, nonce: str, now: datetime) -> bool:
    """Whether a nonce was given by this house less than two stretches ago."""
    return nonce in {_nonce(keys, _stretch(now)), _nonce(keys, _stretch(now) - 1)}


def _stretch(now: datetime) -> int:
    return int(now.timestamp()) // int(LASTS.total_seconds())


def _nonce(keys: Signers, stretch: int) -> str:
    signed = keys.sign(ACTOR, PURPOSE + str(stretch).encode())
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
