"""Webhooks of an account: made, ended, taken up again. The secret is shown once and lies sealed."""

from base64 import b64encode
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Conflict, Fault, InputRefused
from domain.event import EventKind
from identity.authorisation import Principal
from identity.sealing import seal
from identity.token import TOKEN_BYTES, new_id
from memory.events import webhooks
from memory.events.webhooks import WebhookRow
from services.access.reception import Reception
from services.events.events import head

SECRET_PREFIX = "whsec_"
OF_ONE_MAX = 10


class Made(NamedTuple):
    """A new webhook and the secret that its messages are signed with."""

    row: WebhookRow
    secret: str


def make_webhook(reception: Reception, asker: Principal, url: str, kinds: Collection[EventKind]) -> Made:
    """Send what happens from now on to an address, as far as the asker may see it. Raises Conflict over ten of one."""
    now, secret = reception.now(), reception.chance(TOKEN_BYTES)
    id_ = new_id(reception.chance)
    with reception.steps.database.begin("webhook") as tx:
        if len(webhooks.of_account(tx, asker.account)) >= OF_ONE_MAX:
            raise Conflict(f"an account has at most {OF_ONE_MAX} webhooks: end one first")
        place = head(tx)
        row = WebhookRow(
            id=id_,
            account_id=asker.account,
            url=url,
            sealed_secret=seal(reception.steps.keys, reception.chance, secret, id_),
            kinds=sorted(kinds),
            scopes=None if asker.scopes is None else sorted(asker.scopes),
            made_at=now,
            entry=place.entry,
            number=place.number,
            failures=0,
            due_at=now,
        )
        webhooks.add(tx, row)
        reception.note(tx, "webhook_made", asker.account, asker.account, webhook=id_, url=url)
    return Made(row, SECRET_PREFIX + b64encode(secret).decode())


def end_webhook(reception: Reception, account_id: str, webhook_id: str) -> None:
    """End a webhook of an account. Raises InputRefused when it has none of that id."""
    with reception.steps.database.begin("webhook") as tx:
        _own(tx, account_id, webhook_id)
        webhooks.remove(tx, webhook_id)
        reception.note(tx, "webhook_ended", account_id, account_id, webhook=webhook_id)


def enable_webhook(reception: Reception, account_id: str, webhook_id: str) -> WebhookRow:
    """Try a webhook again, at once, from the event that was not taken. Raises InputRefused as above."""
    with reception.steps.database.begin("webhook") as tx:
        _own(tx, account_id, webhook_id)
        webhooks.enable(tx, webhook_id, reception.now())
        return _own(tx, account_id, webhook_id)


def _own(tx: Connection, account_id: str, webhook_id: str) -> WebhookRow:
    for each in webhooks.of_account(tx, account_id):
        if each.id == webhook_id:
            return each
    raise InputRefused([Fault("webhook", "unknown_webhook", "no webhook of yours has this id")])
