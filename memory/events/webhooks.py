"""Webhooks: each is a reader of the stream of events whose place is kept here, so that nothing is sent by chance.

The place moves when the receiver has taken an event, never before: what was sent when the program was killed is sent
again under the same name. A webhook that its owner ends is gone; what it was given stands in the journal.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.event import EventPlace
from memory import tables


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook. kinds: of events it wants, all when empty. scopes: what its maker's credential was limited to.

    entry, number: the place of the last event that was taken. failures: attempts in a row that failed. due_at: when to
    try next. disabled_at: since when nothing is sent; ``last_error`` says why.
    """

    id: str
    account_id: str
    url: str
    sealed_secret: bytes
    kinds: Sequence[str]
    scopes: Sequence[str] | None
    made_at: datetime
    entry: int
    number: int
    failures: int
    due_at: datetime
    last_error: str | None = None
    delivered_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def place(self) -> EventPlace:
        """From where on events are still to be sent."""
        return EventPlace(self.entry, self.number)


def add(tx: Connection, row: WebhookRow) -> None:
    """Keep a new webhook."""
    tx.execute(insert(tables.webhook).values(asdict(row)))


def of_account(tx: Connection, account_id: str | None = None) -> list[WebhookRow]:
    """The webhooks of an account, or all, by when they were made, then id."""
    webhook = tables.webhook.c
    wanted = select(tables.webhook).order_by(webhook.made_at, webhook.id)
    rows = tx.execute(wanted if account_id is None else wanted.where(webhook.account_id == account_id))
    return [WebhookRow(**{**row._mapping, "sealed_secret": bytes(row.sealed_secret)}) for row in rows]


def due(tx: Connection, now: datetime) -> list[WebhookRow]:
    """Every webhook that is to be tried by now."""
    return [each for each in of_account(tx) if each.disabled_at is None and each.due_at <= now]


def remove(tx: Connection, webhook_id: str) -> bool:
    """End a webhook; False when there is none."""
    return bool(tx.execute(delete(tables.webhook).where(tables.webhook.c.id == webhook_id)).rowcount)


def taken(tx: Connection, row: WebhookRow, place: EventPlace, at: datetime | None) -> bool:
    """Move a webhook's place on; False when somebody else moved it meanwhile. at: when something was delivered."""
    webhook = tables.webhook.c
    moved = update(tables.webhook).where(webhook.id == row.id, webhook.entry == row.entry, webhook.number == row.number)
    values = {"entry": place.entry, "number": place.number}
    well = {"failures": 0, "last_error": None, "delivered_at": at} if at is not None else {}
    return bool(tx.execute(moved.values(values | well)).rowcount)


def failed(tx: Connection, row: WebhookRow, error: str, due_at: datetime) -> None:
    """Note a failed attempt and when to try again."""
    noted = update(tables.webhook).where(tables.webhook.c.id == row.id)
    tx.execute(noted.values(failures=row.failures + 1, last_error=error, due_at=due_at))


def disable(tx: Connection, webhook_id: str, reason: str, at: datetime) -> None:
    """Send nothing more, and say why."""
    noted = update(tables.webhook).where(tables.webhook.c.id == webhook_id)
    tx.execute(noted.values(last_error=reason, disabled_at=at))


def enable(tx: Connection, webhook_id: str, at: datetime) -> None:
    """Go on from where it stopped, at once."""
    noted = update(tables.webhook).where(tables.webhook.c.id == webhook_id)
    tx.execute(noted.values(failures=0, last_error=None, disabled_at=None, due_at=at))
