"""How far each OpenADR subscription has been called back."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. It changes with every delivery; the subscription itself stands among OpenADR's objects."""
    op.execute("""
    CREATE TABLE openadr_callback (
        subscription TEXT COLLATE "C" NOT NULL, sealed_tokens BYTEA NOT NULL, place_at TIMESTAMPTZ NOT NULL,
        place_id TEXT COLLATE "C" NOT NULL, failures BIGINT NOT NULL, due_at TIMESTAMPTZ NOT NULL,
        last_error TEXT COLLATE "C", CONSTRAINT openadr_callback_pkey PRIMARY KEY (subscription)
    )
    """)


def downgrade() -> None:
    """Nothing of the audit trail is lost."""
    op.execute("DROP TABLE openadr_callback")
