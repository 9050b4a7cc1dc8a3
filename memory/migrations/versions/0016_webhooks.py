"""Webhooks: where events are sent, and how far each has come."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. It changes with every delivery: what was given and taken stands in the journal."""
    op.execute("""
    CREATE TABLE webhook (
        id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL, url TEXT COLLATE "C" NOT NULL,
        sealed_secret BYTEA NOT NULL, kinds JSONB NOT NULL, scopes JSONB, made_at TIMESTAMPTZ NOT NULL,
        entry BIGINT NOT NULL, number BIGINT NOT NULL, failures BIGINT NOT NULL, due_at TIMESTAMPTZ NOT NULL,
        last_error TEXT COLLATE "C", delivered_at TIMESTAMPTZ, disabled_at TIMESTAMPTZ,
        CONSTRAINT webhook_pkey PRIMARY KEY (id)
    )
    """)
    op.execute("CREATE INDEX webhook_account_id_idx ON webhook (account_id)")


def downgrade() -> None:
    """Nothing of the audit trail is lost."""
    op.execute("DROP TABLE webhook")
