"""Who may do what: default deny. Each actor holds the grants its work needs, one row each, and loses them at once.

Agents propose and calculate; only ``settlement`` moves money, only ``rules`` judges, and no agent holds those grants.
"""

from sqlalchemy import Connection

from domain.errors import PermissionDenied
from memory.access import grants

DEFAULT_GRANTS: dict[str, frozenset[str]] = {
    "runtime": frozenset({"forecast", "bid", "clear", "draft", "summarise", "negotiate"}),
    "memory": frozenset({"recall", "learn"}),
    "gateway": frozenset({"read", "record", "meter", "dispatch"}),
    "identity": frozenset({"screen", "credit"}),
    "settlement": frozenset({"book", "settle", "close"}),
    "rules": frozenset({"open", "judge", "conclude", "stop"}),
}


def grant_defaults(tx: Connection) -> None:
    """Give every actor its default grants: for a new world. What was revoked since comes back."""
    grants.add(tx, [(actor, action) for actor, actions in DEFAULT_GRANTS.items() for action in sorted(actions)])


def require(tx: Connection, actor: str, action: str) -> None:
    """Raises PermissionDenied, naming both, when the actor has no grant for the action."""
    if grants.has(tx, actor, action):
        return
    held = ", ".join(grants.all_of(tx, actor)) or "nothing"
    raise PermissionDenied(f"agent {actor!r} has no grant for {action!r}; it may: {held}")


def grant(tx: Connection, actor: str, action: str) -> None:
    """Give a grant."""
    grants.add(tx, [(actor, action)])


def revoke(tx: Connection, actor: str, action: str) -> None:
    """Take a grant away; the next step that needs it is refused."""
    grants.remove(tx, actor, action)
