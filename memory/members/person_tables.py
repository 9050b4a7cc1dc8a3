"""The tables of parties and of what is on record about them: licences, evidence, consents; who asked to erase it."""

from sqlalchemy import Column, Date, Table

from memory.devices.columns import METADATA
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

party = Table("party", METADATA, _text("id", key=True), _text("name"), _text("role"), _text("expertise", nullable=True))
licence = Table(
    "licence",
    METADATA,
    _text("holder_id", key=True),
    _text("kind", key=True),
    _text("number", key=True),
    _text("registered_name"),
    Column("valid_to", Date, nullable=False),
)
person_record = Table(
    "person_record",
    METADATA,
    _text("party_id", key=True),
    _whole("number", key=True),
    _text("kind"),
    _json("body"),
    _moment("at"),
    _text("by"),
    Column("keep_until", Date, nullable=True),
    _moment("withdrawn_at", nullable=True),
    _text("withdrawn_by", nullable=True),
)
erasure = Table(
    "erasure",
    METADATA,
    _text("party_id", key=True),
    _text("role", key=True),
    _text("account"),
    _text("reason"),
    _moment("at"),
)
