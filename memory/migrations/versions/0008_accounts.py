"""Accounts of people and programs, how they sign in, their sessions and keys, and what is good only once."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE user_account (
    id TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL, login TEXT COLLATE "C" NOT NULL, state
    TEXT COLLATE "C" NOT NULL, made_at TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT user_account_pkey PRIMARY
    KEY (id), CONSTRAINT user_account_login_key UNIQUE (login)
);
CREATE TABLE account_role (
    account_id TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, given_at TIMESTAMP WITH TIME ZONE NOT
    NULL, given_by TEXT COLLATE "C" NOT NULL, taken_at TIMESTAMP WITH TIME ZONE, taken_by TEXT COLLATE "C",
    CONSTRAINT account_role_pkey PRIMARY KEY (account_id, role, given_at)
);
CREATE UNIQUE INDEX account_role_held_idx ON account_role (account_id, role) WHERE taken_at IS NULL;
CREATE TABLE password (
    account_id TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL, CONSTRAINT password_pkey PRIMARY KEY
    (account_id)
);
CREATE TABLE one_time_secret (
    account_id TEXT COLLATE "C" NOT NULL, sealed BYTEA NOT NULL, CONSTRAINT
    one_time_secret_pkey PRIMARY KEY (account_id)
);
CREATE TABLE passkey (
    id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL, public_key BYTEA NOT NULL, sign_count
    BIGINT NOT NULL, name TEXT COLLATE "C" NOT NULL, made_at TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT
    passkey_pkey PRIMARY KEY (id)
);
CREATE INDEX passkey_account_id_idx ON passkey (account_id);
CREATE TABLE recovery_code (
    account_id TEXT COLLATE "C" NOT NULL, code_hash TEXT COLLATE "C" NOT NULL, CONSTRAINT recovery_code_pkey
    PRIMARY KEY (account_id, code_hash)
);
CREATE TABLE challenge (
    hash TEXT COLLATE "C" NOT NULL, purpose TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C", body JSONB
    NOT NULL, expires_at TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT challenge_pkey PRIMARY KEY (hash)
);
CREATE TABLE spent (
    kind TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL, expires_at TIMESTAMP WITH TIME ZONE NOT
    NULL, CONSTRAINT spent_pkey PRIMARY KEY (kind, value)
);
CREATE TABLE attempt (
    subject TEXT COLLATE "C" NOT NULL, failures BIGINT NOT NULL, last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT attempt_pkey PRIMARY KEY (subject)
);
CREATE TABLE session (
    id TEXT COLLATE "C" NOT NULL, token_hash TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL, seen_at TIMESTAMP WITH TIME ZONE NOT NULL, how TEXT COLLATE "C" NOT
    NULL, address TEXT COLLATE "C" NOT NULL, ended_at TIMESTAMP WITH TIME ZONE, CONSTRAINT session_pkey PRIMARY KEY
    (id), CONSTRAINT session_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX session_account_id_idx ON session (account_id);
CREATE TABLE api_key (
    id TEXT COLLATE "C" NOT NULL, token_hash TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL, scopes JSONB NOT NULL, made_by TEXT COLLATE
    "C" NOT NULL, made_at TIMESTAMP WITH TIME ZONE NOT NULL, expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE, revoked_at TIMESTAMP WITH TIME ZONE, CONSTRAINT api_key_pkey PRIMARY KEY
    (id), CONSTRAINT api_key_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX api_key_account_id_idx ON api_key (account_id);
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Who held which role when would be lost with the tables."""
    raise NotImplementedError("accounts are never dropped; recreate the database instead")
