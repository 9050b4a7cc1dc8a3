"""Passwords at the broker: 32 bytes of chance, so that hashing them slowly would only slow down reconnecting homes."""

import secrets

import bcrypt

ROUNDS_LOG2 = 4
"""The least that bcrypt knows: stretching helps passwords that people choose, and nobody guesses 256 bits."""


def new_password() -> str:
    """43 characters that nobody has seen."""
    return secrets.token_urlsafe(32)


def hashed(password: str) -> str:
    """The bcrypt hash that the broker compares with."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS_LOG2)).decode()
