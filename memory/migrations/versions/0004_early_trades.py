"""Where each trade came about. Until here every trade was one of a slot's call auction."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the market of every trade; a new one must name its own."""
    op.execute("ALTER TABLE trade ADD COLUMN market TEXT COLLATE \"C\" NOT NULL DEFAULT 'call'")
    op.execute("ALTER TABLE trade ALTER COLUMN market DROP DEFAULT")


def downgrade() -> None:
    """Trades before the call would pass for the call's."""
    raise NotImplementedError("where a trade came about is never forgotten; recreate the database instead")
