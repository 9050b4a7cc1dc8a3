"""Emergencies: what is left of a contract that was cut."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen what is there; nothing that stands changes."""
    op.execute("ALTER TABLE contract ADD COLUMN kept_wh BIGINT")


def downgrade() -> None:
    """Only while no contract was cut: its settlement could not be checked any more."""
    op.execute("""
    DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM contract WHERE kept_wh IS NOT NULL) THEN
            RAISE EXCEPTION 'contracts were cut: this cannot be taken back';
        END IF;
    END $$
    """)
    op.execute("ALTER TABLE contract DROP COLUMN kept_wh")
