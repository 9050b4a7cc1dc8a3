"""Payments: where parties are paid, runs, payments, what was booked."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("""
    CREATE TABLE payee_account (
        party_id TEXT COLLATE "C" NOT NULL, sealed BYTEA NOT NULL, at TIMESTAMPTZ NOT NULL,
        by TEXT COLLATE "C" NOT NULL, CONSTRAINT payee_account_pkey PRIMARY KEY (party_id)
    );
    CREATE TABLE payment_run (
        id TEXT COLLATE "C" NOT NULL, rail TEXT COLLATE "C" NOT NULL, day DATE NOT NULL,
        drafted_by TEXT COLLATE "C" NOT NULL, drafted_at TIMESTAMPTZ NOT NULL, released_by TEXT COLLATE "C",
        released_at TIMESTAMPTZ, CONSTRAINT payment_run_pkey PRIMARY KEY (id)
    );
    CREATE TABLE payment (
        reference TEXT COLLATE "C" NOT NULL, run_id TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL,
        amount_jpy BIGINT NOT NULL, legs JSONB NOT NULL, state TEXT COLLATE "C" NOT NULL,
        CONSTRAINT payment_pkey PRIMARY KEY (reference)
    );
    CREATE INDEX payment_run_id_idx ON payment (run_id);
    CREATE INDEX payment_state_idx ON payment (state);
    CREATE TABLE payment_entry (
        rail TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, amount_jpy BIGINT NOT NULL,
        reference TEXT COLLATE "C" NOT NULL, booked_on DATE NOT NULL, says TEXT COLLATE "C" NOT NULL,
        became JSONB NOT NULL, taken_at TIMESTAMPTZ NOT NULL, taken_by TEXT COLLATE "C" NOT NULL,
        CONSTRAINT payment_entry_pkey PRIMARY KEY (rail, id)
    )
    """)


def downgrade() -> None:
    """What was paid stays in the ledger and the journal."""
    op.execute("DROP TABLE payment_entry, payment, payment_run, payee_account")
