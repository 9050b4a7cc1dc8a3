"""Passwords of machines: many bytes of chance, so that hashing them slowly would only slow down who reconnects."""

import secrets

import bcrypt

ROUNDS_LOG2 = 4
"""The least that bcrypt knows: stretching helps passwords that people choose, and nobody guesses 120 bits."""


def new_password(chance_bytes: int = 32) -> str:
    """Characters that nobody has seen, 43 of them for 32 bytes of chance."""
    return secrets.token_urlsafe(chance_bytes)


def hashed(password: str) -> str:
    """The bcrypt hash that a password is compared with."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS_LOG2)).decode()
