"""The tables of devices' papers, and of outside systems' secrets.

Keys that meters had; certificates of equipment with their issuers and lists; secrets, sealed.
"""

from sqlalchemy import Table

from memory.devices.columns import METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

retired_key = Table(
    "retired_key",
    METADATA,
    _text("device_id", key=True),
    _text("key_id", key=True),
    _bytes("public_key"),
    _moment("good_until"),
    _moment("stopped_at", nullable=True),
    _text("reason"),
)
certificate_issuer = Table(
    "certificate_issuer", METADATA, _text("id", key=True), _text("kind"), _json("jwk"), _moment("registered_at")
)
status_list = Table(
    "status_list", METADATA, _text("uri", key=True), _text("issuer"), _json("claims"), _moment("taken_at")
)
device_certificate = Table(
    "device_certificate",
    METADATA,
    _text("device_id", key=True),
    _text("issuer"),
    _text("text"),
    _moment("accepted_at"),
    _moment("refused_at", nullable=True),
)
vault_secret = Table(
    "vault_secret",
    METADATA,
    _text("name", key=True),
    _whole("version"),
    _text("key_id"),
    _bytes("sealed"),
    _moment("set_at"),
    _text("set_by"),
    _moment("used_at", nullable=True),
)
