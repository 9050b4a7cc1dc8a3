"""Vehicles: what a charger's owner asks for, what a meter says of the vehicle, what each charger is asked to do."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW_COLUMNS = (
    ("device", "feeds_home BOOLEAN", "false"),
    ("device", "departure_min BIGINT", "0"),
    ("device", "asked_wh BIGINT", "0"),
    ("reading", "vehicle_charge_wh BIGINT", "0"),
    ("reading", "vehicle_discharge_wh BIGINT", "0"),
    ("reading", "vehicle_stored_wh BIGINT", "0"),
)
TABLE = """
CREATE TABLE charge (
    slot BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, charge_wh BIGINT NOT NULL, discharge_wh BIGINT NOT NULL,
    CONSTRAINT charge_pkey PRIMARY KEY (slot, site_id)
)
"""


def upgrade() -> None:
    """Until now nobody had a vehicle, which a default says without touching the rows of the audit trail."""
    for table, column, nothing in NEW_COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} NOT NULL DEFAULT {nothing}")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column.split()[0]} DROP DEFAULT")
    op.execute(TABLE)


def downgrade() -> None:
    """What meters said of vehicles would be lost with the columns."""
    raise NotImplementedError("an audit table is never cut; recreate the database instead")
