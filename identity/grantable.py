"""What may be handed on to a program by OAuth: to see one's market and home, and to trade inside the mandate.

Nothing that approves, signs, reveals others or moves money outside the mandate is in here, whoever asks for it.
"""

TO_ASSISTANTS = ("market:read", "home:read", "home:write", "orders:write")
"""The scopes that a person can hand on, in the order in which they are shown."""

TO_SERVICES = frozenset({*TO_ASSISTANTS, "data:write"})
"""The scopes that a service client can be registered with."""

WITHOUT_ASKING = frozenset({"market:read", "home:read"})
"""What a client gets that names no scope: to look."""


def scopes_in(text: str) -> frozenset[str]:
    """The scopes that a request names, divided by spaces."""
    return frozenset(text.split())
