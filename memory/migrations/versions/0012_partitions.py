"""Readings in partitions of time; one table of set-points for batteries and chargers."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

READINGS = (
    "CREATE SCHEMA telemetry",
    "ALTER TABLE reading RENAME TO reading_whole",
    "ALTER TABLE reading_whole RENAME CONSTRAINT reading_pkey TO reading_whole_pkey",
    "DROP INDEX reading_slot_idx",
    """
    CREATE TABLE reading (LIKE reading_whole, CONSTRAINT reading_pkey PRIMARY KEY (device_id, boot, counter, slot))
    PARTITION BY RANGE (slot)
    """,
    "CREATE INDEX reading_slot_idx ON reading USING brin (slot)",
    """
    DO $$ DECLARE number BIGINT; BEGIN
        FOR number IN SELECT DISTINCT slot / 1536 FROM reading_whole LOOP
            EXECUTE format(
                'CREATE TABLE telemetry.reading_%s PARTITION OF reading FOR VALUES FROM (%s) TO (%s)',
                lpad(number::text, 5, '0'), number * 1536, (number + 1) * 1536
            );
        END LOOP;
    END $$
    """,
    "INSERT INTO reading SELECT * FROM reading_whole",
    "DROP TABLE reading_whole",
    "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON reading FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)
SETPOINTS = (
    "ALTER TABLE setpoint RENAME COLUMN extra_charge_wh TO charge_wh",
    "ALTER TABLE setpoint RENAME COLUMN extra_discharge_wh TO discharge_wh",
    "ALTER TABLE setpoint ADD COLUMN device TEXT COLLATE \"C\" NOT NULL DEFAULT 'battery'",
    "ALTER TABLE setpoint ALTER COLUMN device DROP DEFAULT",
    "ALTER TABLE setpoint DROP CONSTRAINT setpoint_pkey",
    "ALTER TABLE setpoint ADD CONSTRAINT setpoint_pkey PRIMARY KEY (slot, site_id, device)",
    """
    INSERT INTO setpoint (slot, site_id, device, charge_wh, discharge_wh)
    SELECT slot, site_id, 'ev_charger', charge_wh, discharge_wh FROM charge
    """,
    "DROP TABLE charge",
)


def upgrade() -> None:
    """Move every row; what was read of a slot goes to the partition that holds the slot."""
    for statement in (*READINGS, *SETPOINTS):
        op.execute(statement)


def downgrade() -> None:
    """A partition that was detached meanwhile would be missing."""
    raise NotImplementedError("an audit table is never cut; recreate the database instead")
