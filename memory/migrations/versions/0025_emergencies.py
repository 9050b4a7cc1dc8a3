"""Emergencies: what is left of a contract that was cut, and days that people ran by hand."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen what is there; nothing that stands changes."""
    op.execute("ALTER TABLE contract ADD COLUMN kept_wh BIGINT")
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Only while no contract was cut and no day filed: their settlement could not be checked any more."""
    op.execute("""
    DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM contract WHERE kept_wh IS NOT NULL) OR EXISTS (SELECT 1 FROM hand_day) THEN
            RAISE EXCEPTION 'contracts were cut or days filed by hand: this cannot be taken back';
        END IF;
    END $$
    """)
    op.execute("ALTER TABLE contract DROP COLUMN kept_wh")
    op.execute("DROP TABLE hand_approval, hand_day")


_TABLES = (
    """
    CREATE TABLE hand_day (
        id TEXT COLLATE "C" NOT NULL, day TEXT COLLATE "C" NOT NULL, filed_by TEXT COLLATE "C" NOT NULL,
        filed_at TIMESTAMPTZ NOT NULL, content BYTEA NOT NULL, rows JSONB NOT NULL,
        CONSTRAINT hand_day_pkey PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX hand_day_day_idx ON hand_day (day)",
    """
    CREATE TABLE hand_approval (
        filing TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, account TEXT COLLATE "C" NOT NULL,
        reason TEXT COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL,
        CONSTRAINT hand_approval_pkey PRIMARY KEY (filing, role)
    )
    """,
)
