"""The tables of cases: decisions, claims, questions, amendments, and the keys that approvers sign with."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

case_file = Table(
    "case_file",
    METADATA,
    _text("id", key=True),
    _text("contract_digest"),
    _text("thread"),
    _moment("opened_at"),
    _moment("deadline"),
    _json("roles"),
    Column("approvals", Integer, nullable=False),
    _json("findings"),
    _json("evidence"),
    _text("evidence_hash"),
    _text("summary"),
    _text("summary_by"),
    _json("precedents"),
    _text("planted", nullable=True),
    _text("state"),
    _text("on_timeout"),
    _whole("harm_ujpy"),
    _json("claims"),
    Index(None, "state", "deadline"),
    Index(None, "state", "harm_ujpy"),
)
decision = Table(
    "decision",
    METADATA,
    _text("case_id"),
    Column("stage", Integer, nullable=False),
    _text("person"),
    _text("verdict"),
    _text("reason"),
    _text("evidence_hash"),
    _moment("at"),
    _bytes("signature"),
    _json("expertise", nullable=True),
    _text("account_id", nullable=True),
    _text("reason_code", nullable=True),
    _moment("expires_at", nullable=True),
    _text("address", nullable=True),
    PrimaryKeyConstraint("case_id", "stage"),
    UniqueConstraint("case_id", "person"),
    UniqueConstraint("case_id", "account_id"),
)
approver_key = Table(
    "approver_key",
    METADATA,
    _text("account_id", key=True),
    _text("address", key=True),
    _bytes("sealed"),
    _moment("made_at"),
)
case_claim = Table(
    "case_claim",
    METADATA,
    _text("case_id", key=True),
    _text("account_id"),
    _moment("taken_at"),
    _moment("until"),
    _text("delegated_by", nullable=True),
    Index(None, "account_id"),
)
case_question = Table(
    "case_question",
    METADATA,
    _text("case_id", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("party_id"),
    _text("asked_by"),
    _moment("asked_at"),
    _text("question"),
    _text("answered_by", nullable=True),
    _moment("answered_at", nullable=True),
    _text("answer", nullable=True),
)
amendment = Table(
    "amendment",
    METADATA,
    _text("id", key=True),
    _text("case_id"),
    _text("made_by"),
    _moment("made_at"),
    _json("changes"),
    _text("reason"),
    _json("consents"),
    _text("state"),
    Index(None, "case_id"),
)
dispute = Table(
    "dispute",
    METADATA,
    _text("id", key=True),
    _text("kind"),
    _text("site_id"),
    _text("party_id"),
    _text("against_party"),
    _text("against_site", nullable=True),
    _text("contract_digest", nullable=True),
    _whole("first_slot"),
    _whole("last_slot"),
    _text("says"),
    _text("raised_by"),
    _moment("opened_at"),
    _whole("in_question_ujpy"),
    _whole("disputed_ujpy"),
    _whole("offered_ujpy"),
    _whole("paid_ujpy"),
    _json("evidence"),
    _text("evidence_hash"),
    _text("step"),
    _moment("step_at"),
    _moment("deadline", nullable=True),
    _text("outcome", nullable=True),
    _text("case_id", nullable=True),
    Index(None, "step", "deadline"),
    Index(None, "site_id", "first_slot"),
)
dispute_act = Table(
    "dispute_act",
    METADATA,
    _text("dispute_id", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("party_id", nullable=True),
    _text("account_id", nullable=True),
    _moment("at"),
    _json("body"),
)
