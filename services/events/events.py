"""The public stream of events: the journal, told entry by entry to whoever may see it.

The journal is the one order of what happened; an event's place in it is the cursor. Nothing is kept beside it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from domain.event import Event, EventPlace
from identity.action import Action
from identity.authorisation import Principal, Record, may_each
from memory import registry
from memory.books import journal
from services.events.event_story import TELLS, Teller, Told
from services.market_time import MarketTime

ENTRIES_MAX = 200
BEGIN = EventPlace(0, 0)


class EventPage(NamedTuple):
    """Events in order. next: from where to read on, also when there are none. more: whether there is more by now."""

    events: list[Event]
    next: EventPlace
    more: bool


@dataclass(frozen=True, slots=True)
class _Found:
    place: EventPlace
    told: Told
    event: Event


def read_events(tx: Connection, time: MarketTime, asker: Principal, after: EventPlace, limit: int) -> EventPage:
    """At most ``limit`` events behind a place that the asker may see, out of at most 200 entries of the journal.

    A place behind the last event waits there. One entry is told whole or in parts, as the limit has it.
    """
    teller = Teller(tx, time, {site.id: site.party_id for site in registry.sites(tx)})
    entries = journal.after(tx, after.entry - 1, TELLS, ENTRIES_MAX)
    seen: list[Event] = []
    judged: dict[tuple[Action, Record], bool] = {}
    for entry in entries:
        found = [
            _Found(place, told, Event(place, entry.at, told.kind, told.subject, told.data))
            for number, told in enumerate(teller.tell(entry), start=1)
            if (place := EventPlace(entry.seq, number)) > after
        ]
        _judge(asker, [each.told for each in found], judged)
        seen += [each.event for each in found if any(judged[action, each.told.record] for action in each.told.actions)]
        if len(seen) > limit:
            return EventPage(seen[:limit], seen[limit - 1].place, more=True)
    last = max(after, EventPlace(entries[-1].seq + 1, 0)) if entries else after
    return EventPage(seen, last, more=len(entries) == ENTRIES_MAX)


def head(tx: Connection) -> EventPlace:
    """The place behind everything that has happened by now."""
    return EventPlace(journal.head(tx).seq + 1, 0)


def _judge(asker: Principal, told: list[Told], judged: dict[tuple[Action, Record], bool]) -> None:
    """Decide what was not decided yet: events of one home, and those of all, ask the same question."""
    asked = {(action, each.record) for each in told for action in each.actions} - judged.keys()
    for action in {action for action, _ in asked}:
        records = [record for about, record in asked if about is action]
        for record, decision in zip(records, may_each(asker, action, records), strict=True):
            judged[action, record] = decision.allowed
