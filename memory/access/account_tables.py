"""The tables of accounts: who they are, how they sign in, their sessions and keys, and what is good only once.

Secrets that are made of chance are kept as their SHA-256, passwords as argon2id, one-time secrets sealed.
"""

from sqlalchemy import Index, Table, UniqueConstraint, text

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole
from memory.devices.columns import yes_no_column as _yes_no

user_account = Table(
    "user_account",
    METADATA,
    _text("id", key=True),
    _text("party_id"),
    _text("login"),
    _text("state"),
    _moment("made_at"),
    UniqueConstraint("login"),
)
account_role = Table(
    "account_role",
    METADATA,
    _text("account_id", key=True),
    _text("role", key=True),
    _moment("given_at", key=True),
    _text("given_by"),
    _moment("taken_at", nullable=True),
    _text("taken_by", nullable=True),
    _yes_no("waiting"),
    _text("confirmed_by", nullable=True),
    Index("account_role_held_idx", "account_id", "role", unique=True, postgresql_where=text("taken_at IS NULL")),
)
password = Table("password", METADATA, _text("account_id", key=True), _text("hash"))
one_time_secret = Table("one_time_secret", METADATA, _text("account_id", key=True), _bytes("sealed"))
passkey = Table(
    "passkey",
    METADATA,
    _text("id", key=True),
    _text("account_id"),
    _bytes("public_key"),
    _whole("sign_count"),
    _text("name"),
    _moment("made_at"),
    Index(None, "account_id"),
)
recovery_code = Table("recovery_code", METADATA, _text("account_id", key=True), _text("code_hash", key=True))
challenge = Table(
    "challenge",
    METADATA,
    _text("hash", key=True),
    _text("purpose"),
    _text("account_id", nullable=True),
    _json("body"),
    _moment("expires_at"),
)
spent = Table("spent", METADATA, _text("kind", key=True), _text("value", key=True), _moment("expires_at"))
attempt = Table("attempt", METADATA, _text("subject", key=True), _whole("failures"), _moment("last_at"))
session = Table(
    "session",
    METADATA,
    _text("id", key=True),
    _text("token_hash"),
    _text("account_id"),
    _moment("made_at"),
    _moment("seen_at"),
    _text("how"),
    _text("address"),
    _moment("ended_at", nullable=True),
    UniqueConstraint("token_hash"),
    Index(None, "account_id"),
)
api_key = Table(
    "api_key",
    METADATA,
    _text("id", key=True),
    _text("token_hash"),
    _text("account_id"),
    _text("name"),
    _json("scopes"),
    _text("made_by"),
    _moment("made_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
    _moment("revoked_at", nullable=True),
    UniqueConstraint("token_hash"),
    Index(None, "account_id"),
)
