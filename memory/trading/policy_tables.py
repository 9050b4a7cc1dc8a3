"""The tables of rules: versions that were drafted, who approved them, when they were activated, what they decided."""

from sqlalchemy import Column, Date, Index, PrimaryKeyConstraint, Table

from memory.devices.columns import METADATA
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

rule_decision = Table(
    "rule_decision",
    METADATA,
    _text("contract_digest", key=True),
    _whole("slot"),
    _whole("version"),
    _text("pack"),
    _text("action"),
    _json("findings"),
    _json("unknown"),
    _json("facts"),
    Index(None, "slot"),
)

policy_version = Table(
    "policy_version",
    METADATA,
    _whole("number", key=True),
    _text("pack"),
    _text("text"),
    _text("account_id"),
    _text("party_id"),
    _text("reason"),
    _moment("at"),
)

policy_approval = Table(
    "policy_approval",
    METADATA,
    _whole("number"),
    _text("party_id"),
    _text("account_id"),
    _text("pack"),
    _text("reason"),
    _moment("at"),
    PrimaryKeyConstraint("number", "party_id"),
)

policy_activation = Table(
    "policy_activation",
    METADATA,
    _whole("place", key=True),
    _whole("number"),
    Column("from_day", Date, nullable=False),
    _text("account_id"),
    _text("reason"),
    _moment("at"),
)
