"""The tables of payments: where parties are paid, runs, payments, and what banks and the retailer said they booked."""

from sqlalchemy import Column, Date, Index, Table

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

payee_account = Table(
    "payee_account",
    METADATA,
    _text("party_id", key=True),
    _bytes("sealed"),
    _moment("at"),
    _text("by"),
)
payment_run = Table(
    "payment_run",
    METADATA,
    _text("id", key=True),
    _text("rail"),
    Column("day", Date, nullable=False),
    _text("drafted_by"),
    _moment("drafted_at"),
    _text("released_by", nullable=True),
    _moment("released_at", nullable=True),
)
payment = Table(
    "payment",
    METADATA,
    _text("reference", key=True),
    _text("run_id"),
    _text("party_id"),
    _whole("amount_jpy"),
    _json("legs"),
    _text("state"),
    Index(None, "run_id"),
    Index(None, "state"),
)
payment_entry = Table(
    "payment_entry",
    METADATA,
    _text("rail", key=True),
    _text("id", key=True),
    _whole("amount_jpy"),
    _text("reference"),
    Column("booked_on", Date, nullable=False),
    _text("says"),
    _json("became"),
    _moment("taken_at"),
    _text("taken_by"),
)
