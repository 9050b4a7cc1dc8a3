"""Sending events to webhooks: at least once, in order, each under a name that stays, after the Standard Webhooks
specification (version 1: headers ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).

A webhook's place in the stream moves when its receiver has answered well. A failed one is tried again after growing
pauses; when the last try failed, or the receiver says that it is gone, it is disabled, and its owner is told why.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.event import Event
from identity.sealing import unseal
from memory.events import webhooks
from memory.events.webhooks import WebhookRow
from services.access.reception import Reception
from services.access.who_asks import principal_of
from services.events.events import read_events
from services.market_time import MarketTime

PAUSES = tuple(timedelta(seconds=each) for each in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
PAGE_MAX = 20
GONE = 410
ERROR_CHARACTERS_MAX = 300


class Message(NamedTuple):
    """What is sent: to where, with which headers, and the bytes that the signature covers."""

    url: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What came back: a status, or none and why."""

    status: int | None
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.status is not None and 200 <= self.status < 300


class Round(NamedTuple):
    """What one round did: events that receivers took, and webhooks that failed."""

    delivered: int
    failed: int


Send = Callable[[Message], Answer]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Carries events to webhooks. send: reaches the outside and never raises for what the outside does."""

    reception: Reception
    time: MarketTime
    send: Send

    def due(self) -> list[WebhookRow]:
        """The webhooks whose turn it is."""
        with self.reception.steps.database.read() as tx:
            return webhooks.due(tx, self.reception.now())

    def serve(self, row: WebhookRow) -> Round:
        """Send one webhook what has happened for it, in order, up to the first that is not taken.

        At most a page of the stream, so that one webhook does not keep others waiting.
        """
        database, now = self.reception.steps.database, self.reception.now()
        with database.read() as tx:
            scopes = None if row.scopes is None else frozenset(row.scopes)
            asker = principal_of(tx, row.account_id, scopes, fresh=False)
            page = None if asker is None else read_events(tx, self.time, asker, row.place, PAGE_MAX)
        if page is None:
            return self._disabled(row, "its account is not active")
        wanted = [each for each in page.events if not row.kinds or each.kind in row.kinds]
        for done, event in enumerate(wanted):
            answer = self.send(self.message(row, event))
            if not answer.good:
                return self.failed(row, answer, done)
            with database.begin("webhook") as tx:
                if not webhooks.taken(tx, row, event.place, now):
                    return Round(done + 1, 0)  # ended, or another round is ahead of this one
            row = replace(row, entry=event.place.entry, number=event.place.number, failures=0)
        if page.next != row.place:
            with database.begin("webhook") as tx:
                webhooks.taken(tx, row, page.next, None)
        return Round(len(wanted), 0)

    def message(self, row: WebhookRow, event: Event) -> Message:
        """One event as it is sent now. Its name and body are the same at every attempt, its signature is not."""
        from standardwebhooks import Webhook

        name, now = f"evt_{event.place.entry}_{event.place.number}", self.reception.now().astimezone(UTC)
        said = {"type": event.kind, "timestamp": event.at.isoformat(), "id": str(event.place)}
        body = json.dumps({**said, "subject": event.subject, "data": event.data}, ensure_ascii=False)
        secret = b64encode(unseal(self.reception.steps.keys, row.sealed_secret, row.id)).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, now, body),
        }
        return Message(row.url, headers, body.encode())

    def failed(self, row: WebhookRow, answer: Answer, done: int) -> Round:
        """Note a failure after so many events that were taken: the next try comes later, or never."""
        error = (answer.error or f"the receiver answered {answer.status}")[:ERROR_CHARACTERS_MAX]
        if answer.status == GONE or row.failures >= len(PAUSES):
            self._disabled(row, error)
        else:
            with self.reception.steps.database.begin("webhook") as tx:
                webhooks.failed(tx, row, error, self._next_try(row))
        return Round(done, 1)

    def _next_try(self, row: WebhookRow) -> datetime:
        return self.reception.now() + PAUSES[row.failures]

    def _disabled(self, row: WebhookRow, reason: str) -> Round:
        with self.reception.steps.database.begin("webhook") as tx:
            webhooks.disable(tx, row.id, reason, self.reception.now())
            self.reception.note(tx, "webhook_disabled", row.account_id, "gateway", webhook=row.id, reason=reason)
        return Round(0, 1)
