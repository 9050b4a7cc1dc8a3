"""The tables of what members and their agents want to trade: orders of the calls, commands of the continuous books, and
what is filed for tomorrow's session and became of it. Units as in ``memory.tables``.
"""

from sqlalchemy import Column, Date, Index, Table

from memory.devices.columns import METADATA
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole
from memory.devices.columns import yes_no_column as _yes_no


def _day() -> Column[object]:
    return Column("day", Date, primary_key=True)


orders = Table(
    "orders",
    METADATA,
    _text("id", key=True),
    _whole("slot"),
    _text("site_id"),
    _whole("side"),
    _whole("limit_mjpy_per_kwh"),
    _whole("energy_wh"),
    _whole("entered"),
    _yes_no("firm"),
    _text("refused", nullable=True),
    Index(None, "slot"),
)
order_command = Table(
    "order_command",
    METADATA,
    _text("market", key=True),
    _whole("slot", key=True),
    _whole("seq", key=True),
    _whole("kind"),
    _whole("moment"),
    _whole("order_seq"),
    _text("site_id"),
    _whole("side"),
    _whole("limit_mjpy_per_kwh"),
    _whole("energy_wh"),
    _whole("until"),
    _text("person"),
)
day_ahead_order = Table(
    "day_ahead_order", METADATA, _day(), _text("id", key=True), _whole("entered"), _json("body"),
    _moment("filed_at"), _moment("withdrawn_at", nullable=True),
)  # fmt: skip
day_ahead_session = Table(
    "day_ahead_session", METADATA, _day(), _json("prices"), _whole("volume_wh"), _whole("welfare_ujpy"),
    _whole("bound_ujpy"), _text("missed", nullable=True),
)  # fmt: skip
day_ahead_result = Table(
    "day_ahead_result", METADATA, _day(), _text("id", key=True), _json("traded_wh"),
    _text("reason", nullable=True), _json("facts"),
)  # fmt: skip
