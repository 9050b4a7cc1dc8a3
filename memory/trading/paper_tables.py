"""The tables of contracts on paper: deals put to it, papers, their PDFs, what parties did with them, approvals."""

from sqlalchemy import Table

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

template_approval = Table(
    "template_approval",
    METADATA,
    _text("template", key=True),
    _text("party_id", key=True),
    _text("account_id"),
    _moment("at"),
)
particular = Table(
    "particular",
    METADATA,
    _text("subject", key=True),
    _whole("number", key=True),
    _json("body"),
    _text("by"),
    _moment("at"),
)
deal = Table(
    "deal",
    METADATA,
    _text("id", key=True),
    _whole("slot"),
    _text("seller_site"),
    _text("buyer_site"),
    _whole("months", nullable=True),
    _moment("at"),
)
paper = Table(
    "paper",
    METADATA,
    _text("id", key=True),
    _text("seller_party"),
    _text("buyer_party"),
    _json("proposal"),
    _json("particulars"),
    _json("free"),
    _json("pages"),
    _json("documents"),
    _moment("due_at"),
    _whole("cooling_off_days"),
)
paper_document = Table(
    "paper_document",
    METADATA,
    _text("digest", key=True),
    _text("paper_id"),
    _text("name"),
    _text("language"),
    _bytes("content"),
)
paper_act = Table(
    "paper_act",
    METADATA,
    _text("paper_id", key=True),
    _text("party_id", key=True),
    _text("kind", key=True),
    _json("documents"),
    _text("account_id"),
    _moment("at"),
    _bytes("signature"),
)
