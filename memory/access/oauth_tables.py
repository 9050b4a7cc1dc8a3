"""The tables of OAuth: clients, what was granted to them, and the tokens of each grant, kept as their SHA-256.

And of OpenID Connect: who signs in through an outside provider.
"""

from sqlalchemy import Column, Index, Table
from sqlalchemy.dialects.postgresql import JSONB

from memory.devices.columns import METADATA, json_column, moment_column, text_column

oauth_client = Table(
    "oauth_client",
    METADATA,
    text_column("id", key=True),
    text_column("name"),
    json_column("redirects"),
    text_column("secret_hash", nullable=True),
    text_column("account_id", nullable=True),
    json_column("scopes"),
    text_column("made_by"),
    moment_column("made_at"),
    moment_column("revoked_at", nullable=True),
    Column("jwk", JSONB(none_as_null=True), nullable=True),
    Index(None, "made_by"),
)
oauth_grant = Table(
    "oauth_grant",
    METADATA,
    text_column("id", key=True),
    text_column("client_id"),
    text_column("account_id"),
    json_column("scopes"),
    text_column("resource"),
    text_column("redirect", nullable=True),
    text_column("challenge", nullable=True),
    text_column("key", nullable=True),
    moment_column("made_at"),
    moment_column("expires_at"),
    moment_column("ended_at", nullable=True),
    Index(None, "account_id"),
    Index(None, "client_id"),
)
oauth_token = Table(
    "oauth_token",
    METADATA,
    text_column("hash", key=True),
    text_column("grant_id"),
    text_column("kind"),
    json_column("scopes"),
    moment_column("expires_at"),
    moment_column("spent_at", nullable=True),
    Index(None, "grant_id"),
)
outside_identity = Table(
    "outside_identity",
    METADATA,
    text_column("issuer", key=True),
    text_column("subject", key=True),
    text_column("account_id"),
    moment_column("made_at"),
    Index(None, "account_id"),
)
