"""OAuth: clients, grants and tokens; and who signs in through an outside provider."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE oauth_client (
    id TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, redirects JSONB NOT NULL, secret_hash TEXT COLLATE
    "C", account_id TEXT COLLATE "C", scopes JSONB NOT NULL, made_by TEXT COLLATE "C" NOT NULL, made_at TIMESTAMPTZ NOT
    NULL, revoked_at TIMESTAMPTZ, CONSTRAINT oauth_client_pkey PRIMARY KEY (id)
);
CREATE INDEX oauth_client_made_by_idx ON oauth_client (made_by);
CREATE TABLE oauth_grant (
    id TEXT COLLATE "C" NOT NULL, client_id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL, scopes
    JSONB NOT NULL, resource TEXT COLLATE "C" NOT NULL, redirect TEXT COLLATE "C", challenge TEXT COLLATE "C", key TEXT
    COLLATE "C", made_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ,
    CONSTRAINT oauth_grant_pkey PRIMARY KEY (id)
);
CREATE INDEX oauth_grant_account_id_idx ON oauth_grant (account_id);
CREATE INDEX oauth_grant_client_id_idx ON oauth_grant (client_id);
CREATE TABLE oauth_token (
    hash TEXT COLLATE "C" NOT NULL, grant_id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, scopes JSONB
    NOT NULL, expires_at TIMESTAMPTZ NOT NULL, spent_at TIMESTAMPTZ, CONSTRAINT oauth_token_pkey PRIMARY KEY (hash)
);
CREATE INDEX oauth_token_grant_id_idx ON oauth_token (grant_id);
CREATE TABLE outside_identity (
    issuer TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL, made_at
    TIMESTAMPTZ NOT NULL, CONSTRAINT outside_identity_pkey PRIMARY KEY (issuer, subject)
);
CREATE INDEX outside_identity_account_id_idx ON outside_identity (account_id);
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Take them back: every client asks again, and everybody links again."""
    for table in ("outside_identity", "oauth_token", "oauth_grant", "oauth_client"):
        op.execute(f"DROP TABLE {table}")
