"""Supply and demand of areas; which part of trade fulfilled contracts; when a secret was used last."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns. What fulfilled contracts in slots settled before is not known."""
    op.execute("""
    CREATE TABLE area_energy (
        area TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL,
        revision BIGINT NOT NULL, energy_wh BIGINT NOT NULL, source TEXT COLLATE "C" NOT NULL,
        CONSTRAINT area_energy_pkey PRIMARY KEY (area, slot, kind, revision)
    )
    """)
    op.execute("ALTER TABLE settlement ADD COLUMN own_sold_wh BIGINT, ADD COLUMN own_bought_wh BIGINT")
    op.execute("ALTER TABLE vault_secret ADD COLUMN used_at TIMESTAMPTZ")


def downgrade() -> None:
    """Nothing of the audit trail is lost."""
    op.execute("ALTER TABLE vault_secret DROP COLUMN used_at")
    op.execute("ALTER TABLE settlement DROP COLUMN own_sold_wh, DROP COLUMN own_bought_wh")
    op.execute("DROP TABLE area_energy")
