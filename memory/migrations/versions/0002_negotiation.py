"""Negotiations that have ended, part of the audit trail, and the agents' grant to hold them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE negotiation (
    id TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, seller_site TEXT COLLATE "C" NOT NULL, buyer_site TEXT
    COLLATE "C" NOT NULL, agenda JSONB NOT NULL, transcript JSONB NOT NULL, sheet JSONB NOT NULL, digest TEXT
    COLLATE "C" NOT NULL, proposal_id TEXT COLLATE "C", CONSTRAINT negotiation_pkey PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    """Create the table, close it against change, and grant its use in worlds that have begun."""
    op.execute(TABLE)
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON negotiation FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("INSERT INTO grants (actor, action) SELECT 'runtime', 'negotiate' WHERE EXISTS (SELECT FROM grants)")


def downgrade() -> None:
    """What was agreed would be lost with the table."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")
