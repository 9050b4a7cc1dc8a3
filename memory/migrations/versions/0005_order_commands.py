"""What members tell the continuous book of a slot, part of the audit trail: the book is replayed from it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE order_command (
    market TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, seq BIGINT NOT NULL, kind BIGINT NOT NULL, moment BIGINT
    NOT NULL, order_seq BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, side BIGINT NOT NULL, limit_mjpy_per_kwh
    BIGINT NOT NULL, energy_wh BIGINT NOT NULL, until BIGINT NOT NULL, person TEXT COLLATE "C" NOT NULL,
    CONSTRAINT order_command_pkey PRIMARY KEY (market, slot, seq)
)
"""


def upgrade() -> None:
    """Create the table and close it against change."""
    op.execute(TABLE)
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON order_command "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Trades would be left without what caused them."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")
