"""Tokens: text made of chance that names its bearer. The house keeps only the SHA-256 of one.

A plain hash is enough, and comparing it in constant time is not needed: nobody guesses 32 random bytes, and knowing how
far a guess matched a hash helps with no other guess.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

TOKEN_BYTES = 32
ID_BYTES = 9

Chance = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


def new_token(chance: Chance, prefix: str = "") -> str:
    """A fresh token of 256 bits."""
    return prefix + _text(chance(TOKEN_BYTES))


def new_id(chance: Chance) -> str:
    """A fresh public name, 12 characters."""
    return _text(chance(ID_BYTES))


def token_hash(token: str) -> str:
    """What is kept of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """What a page sends along with the session's cookie: only whoever holds the session can know it."""
    return token_hash(f"csrf:{token}")


def _text(made: bytes) -> str:
    return urlsafe_b64encode(made).rstrip(b"=").decode()
