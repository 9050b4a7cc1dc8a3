"""The tables of the grid operator's side. All of them only grow, but for what OpenADR clients keep and change."""

from sqlalchemy import Index, Table, text

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole
from memory.devices.columns import yes_no_column as _yes_no

grid_source = Table(
    "grid_source",
    METADATA,
    _text("id", key=True),
    _bytes("public_key"),
    _text("registered_by"),
    _moment("registered_at"),
)
grid_signal = Table(
    "grid_signal",
    METADATA,
    _text("source", key=True),
    _text("id", key=True),
    _whole("revision", key=True),
    _text("audience"),
    _text("kind"),
    _text("extent"),
    _text("target"),
    _whole("value"),
    _text("unit"),
    _moment("starts"),
    _moment("ends"),
    _moment("expires"),
    _whole("priority"),
    _text("reason"),
    _bytes("signature"),
    _moment("received_at"),
)
grid_resumption = Table(
    "grid_resumption",
    METADATA,
    _text("signal", key=True),
    _text("role", key=True),
    _text("person"),
    _text("reason"),
    _moment("at"),
)
hand_day = Table(
    "hand_day",
    METADATA,
    _text("id", key=True),
    _text("day"),
    _text("filed_by"),
    _moment("filed_at"),
    _bytes("content"),
    _json("rows"),
    Index(None, "day"),
)
hand_approval = Table(
    "hand_approval",
    METADATA,
    _text("filing", key=True),
    _text("role", key=True),
    _text("account"),
    _text("reason"),
    _moment("at"),
)
openadr_object = Table(
    "openadr_object",
    METADATA,
    _text("id", key=True),
    _text("kind"),
    _text("client"),
    _whole("revision"),
    _json("body"),
    _json("said"),
    _yes_no("deleted"),
    _moment("created_at"),
    _moment("modified_at"),
    _yes_no("taken"),
    Index("openadr_object_place", "kind", "created_at", "id"),
    Index("openadr_object_waiting", "created_at", "id", postgresql_where=text("NOT taken")),
)
openadr_callback = Table(
    "openadr_callback",
    METADATA,
    _text("subscription", key=True),
    _bytes("sealed_tokens"),
    _moment("place_at"),
    _text("place_id"),
    _whole("failures"),
    _moment("due_at"),
    _text("last_error", nullable=True),
)
