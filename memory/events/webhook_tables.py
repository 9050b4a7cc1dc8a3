"""The table of webhooks: where events are sent, how far each has come, and how it fares."""

from sqlalchemy import Index, Table

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

webhook = Table(
    "webhook",
    METADATA,
    _text("id", key=True),
    _text("account_id"),
    _text("url"),
    _bytes("sealed_secret"),
    _json("kinds"),
    _json("scopes", nullable=True),
    _moment("made_at"),
    _whole("entry"),
    _whole("number"),
    _whole("failures"),
    _moment("due_at"),
    _text("last_error", nullable=True),
    _moment("delivered_at", nullable=True),
    _moment("disabled_at", nullable=True),
    Index(None, "account_id"),
)
