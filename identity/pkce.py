"""PKCE (RFC 7636): whoever asked for an authorisation code proves at the exchange that it was the one who asked.

Only S256 is known: the plain method protects against nobody who can read the request.
"""

import hashlib
import re
from base64 import urlsafe_b64encode

METHOD = "S256"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether it has the form of an S256 challenge."""
    return CHALLENGE.fullmatch(text) is not None


def answers(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one that the challenge was made of."""
    if VERIFIER.fullmatch(verifier) is None:
        return False
    return challenge_of(verifier) == challenge


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
