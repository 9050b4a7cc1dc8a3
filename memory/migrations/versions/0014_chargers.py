"""What charge points count, until it is a reading, and the numbers that their transactions bear."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE charger_sample (
        device_id TEXT COLLATE "C" NOT NULL, connector BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL, register_wh BIGINT NOT
        NULL, stored_percent BIGINT NOT NULL, CONSTRAINT charger_sample_pkey PRIMARY KEY (device_id, connector, at)
    )
    """,
    """
    CREATE TABLE charger_transaction (
        device_id TEXT COLLATE "C" NOT NULL, reference TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, connector
        BIGINT NOT NULL, CONSTRAINT charger_transaction_pkey PRIMARY KEY (device_id, reference)
    )
    """,
)


def upgrade() -> None:
    """Create the tables."""
    for table in TABLES:
        op.execute(table)


def downgrade() -> None:
    """What charge points counted since the last half hour is lost."""
    op.execute("DROP TABLE charger_sample, charger_transaction")
