"""A program that a member let in pauses trading at the member's site, and takes its own pause back.

A pause is always allowed. Resuming lets the agent do more, so a program may only undo what it did itself: a pause of
the member, of the home or of another program stays.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from domain.errors import Conflict, PermissionDenied
from domain.party import Mandate
from memory.devices import registered
from services.members.home_orders import paused_by
from services.members.mandates import write_next
from services.steps import Steps

STEP = "pause"
Change = Callable[[Connection, Mandate], Mandate]


def pause_site(steps: Steps, by: str, site_id: str, key: str) -> dict[str, Any]:
    """Stop trading at the site from the next book on, once for the key. Raises PermissionDenied, Conflict."""
    return _ordered(steps, by, site_id, key, "pause", lambda tx, mandate: replace(mandate, active=False))


def resume_site(steps: Steps, by: str, site_id: str, key: str) -> dict[str, Any]:
    """Take one's own pause back, once for the key. Raises PermissionDenied on anybody else's, Conflict."""

    def resumed(tx: Connection, mandate: Mandate) -> Mandate:
        if not mandate.active and not paused_by(tx, mandate, by):
            raise PermissionDenied(f"somebody else paused site {site_id}: its member takes that back, no program does")
        return replace(mandate, active=True)

    return _ordered(steps, by, site_id, key, "resume", resumed)


def _ordered(steps: Steps, by: str, site_id: str, key: str, what: str, change: Change) -> dict[str, Any]:
    """What came of it the first time. Raises Conflict when the key came with another order."""

    def work(tx: Connection) -> dict[str, Any]:
        registered.lock(tx, site_id)
        mandate = registered.mandate(tx, site_id)
        if mandate is None:
            raise PermissionDenied(f"site {site_id} has no mandate")
        wanted = change(tx, mandate)
        write_next(tx, steps, mandate, wanted, by)
        return {"site": site_id, "what": what, "trading": int(wanted.active)}

    done = steps.run(f"pause:{by}:{key}", STEP, "gateway", "record", work)
    if (done["site"], done["what"]) != (site_id, what):
        raise Conflict(f"the key {key!r} came before with another order; the first stays")
    steps.database.flush()  # a person is told next
    return {"site": site_id, "trading": bool(done["trading"])}
