"""Credentials of meters and homes at the broker."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE mqtt_credential (
    kind TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, password_hash TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL, may_resume BOOLEAN NOT NULL, reserve_wh_min BIGINT NOT NULL,
    reserve_wh_max BIGINT NOT NULL, CONSTRAINT mqtt_credential_pkey PRIMARY KEY (kind, subject)
)
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(TABLE)


def downgrade() -> None:
    """Whoever goes back gives new credentials afterwards."""
    op.execute("DROP TABLE mqtt_credential")
