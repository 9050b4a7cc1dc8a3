"""Disputes between parties: where each stands, and what was done in it, one row an act."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; nothing that stands changes."""
    op.execute("""
    CREATE TABLE dispute (
        id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, site_id TEXT COLLATE "C" NOT NULL,
        party_id TEXT COLLATE "C" NOT NULL, against_party TEXT COLLATE "C" NOT NULL, against_site TEXT COLLATE "C",
        contract_digest TEXT COLLATE "C", first_slot BIGINT NOT NULL, last_slot BIGINT NOT NULL,
        says TEXT COLLATE "C" NOT NULL, raised_by TEXT COLLATE "C" NOT NULL, opened_at TIMESTAMPTZ NOT NULL,
        in_question_ujpy BIGINT NOT NULL, disputed_ujpy BIGINT NOT NULL, offered_ujpy BIGINT NOT NULL,
        paid_ujpy BIGINT NOT NULL, evidence JSONB NOT NULL, evidence_hash TEXT COLLATE "C" NOT NULL,
        step TEXT COLLATE "C" NOT NULL, step_at TIMESTAMPTZ NOT NULL, deadline TIMESTAMPTZ,
        outcome TEXT COLLATE "C", case_id TEXT COLLATE "C", CONSTRAINT dispute_pkey PRIMARY KEY (id)
    )
    """)
    op.execute("CREATE INDEX dispute_step_deadline_idx ON dispute (step, deadline)")
    op.execute("CREATE INDEX dispute_site_id_first_slot_idx ON dispute (site_id, first_slot)")
    op.execute("""
    CREATE TABLE dispute_act (
        dispute_id TEXT COLLATE "C" NOT NULL, number INTEGER NOT NULL, kind TEXT COLLATE "C" NOT NULL,
        party_id TEXT COLLATE "C", account_id TEXT COLLATE "C", at TIMESTAMPTZ NOT NULL, body JSONB NOT NULL,
        CONSTRAINT dispute_act_pkey PRIMARY KEY (dispute_id, number)
    )
    """)


def downgrade() -> None:
    """Only while nothing was disputed: what is held could not be released any more."""
    op.execute("""
    DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM dispute) THEN
            RAISE EXCEPTION 'disputes stand: this cannot be taken back';
        END IF;
    END $$
    """)
    op.execute("DROP TABLE dispute, dispute_act")
