"""What somebody asks under a key of its own is done once, and answered again when it is sent again.

A sender that did not hear the answer cannot know whether it was done. So the key, what was asked under it and the
answer commit with the effect, in one transaction: there is no moment at which one of them stands without the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from domain.errors import Conflict
from memory.joined import JoinedDatabase
from services.steps import Output, Steps

ASKED = "asked"
SCREENER = "identity"


@dataclass(frozen=True, slots=True)
class Asked:
    """thread: the name under which it is done once, which holds whose key it is. key: the sender's own, for people.
    content: what is asked, as plain JSON; the same key with another one is refused."""

    thread: str
    key: str
    content: Any


def once(
    steps: Steps, asked: Asked, node: str, actor: str, action: str, work: Callable[[Connection], Output]
) -> Output:
    """Do ``work`` as a step of the actor, once, and return its output; it is on the disk when this returns.

    Raises Conflict when the key came with another content before, and what Steps.run raises; then nothing is kept.
    """
    fingerprint = digest(asked.content)
    done = steps.run(asked.thread, node, actor, action, lambda tx: work(tx) | {ASKED: fingerprint})
    if done[ASKED] != fingerprint:
        raise Conflict(f"the key {asked.key!r} came before with another request; the first stays")
    steps.database.flush()
    return {name: value for name, value in done.items() if name != ASKED}


def once_as_asked(steps: Steps, asked: Asked, kind: str, work: Callable[[Steps], Output]) -> Output:
    """The same for a service that opens its transaction itself: it gets steps whose transactions are part of this one.

    kind: what is asked, as the journal calls it. The Identity agent screens what people register.
    """
    return once(steps, asked, kind, SCREENER, "screen", lambda tx: work(replace(steps, database=JoinedDatabase(tx))))
