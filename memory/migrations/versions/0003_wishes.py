"""What members wish for in their mandates. Mandates that are kept already wish for nothing."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the wishes to every mandate."""
    op.execute(
        "ALTER TABLE mandate ADD COLUMN partner_site TEXT COLLATE \"C\" NOT NULL DEFAULT '', "
        'ADD COLUMN source TEXT COLLATE "C", ADD COLUMN local_first BOOLEAN NOT NULL DEFAULT false, '
        "ADD COLUMN premium_max_mjpy_per_kwh BIGINT NOT NULL DEFAULT 0"
    )
    for column in ("partner_site", "local_first", "premium_max_mjpy_per_kwh"):
        op.execute(f"ALTER TABLE mandate ALTER COLUMN {column} DROP DEFAULT")


def downgrade() -> None:
    """What members wished for would be lost with the columns."""
    raise NotImplementedError("mandates are kept in all versions; recreate the database instead")
