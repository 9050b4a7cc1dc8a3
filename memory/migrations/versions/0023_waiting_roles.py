"""Roles that wait until a second person confirms them."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Roles that are held already count as before."""
    op.execute("""
    ALTER TABLE account_role
        ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE, ADD COLUMN confirmed_by TEXT COLLATE "C";
    ALTER TABLE account_role ALTER COLUMN waiting DROP DEFAULT
    """)


def downgrade() -> None:
    """Roles that wait are taken, so that none counts that nobody confirmed."""
    op.execute("""
    DELETE FROM account_role WHERE waiting;
    ALTER TABLE account_role DROP COLUMN waiting, DROP COLUMN confirmed_by
    """)
