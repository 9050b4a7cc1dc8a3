"""The public key with which an OAuth client proves who it is, instead of a secret."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; clients that are known have none."""
    op.execute("ALTER TABLE oauth_client ADD COLUMN jwk JSONB")


def downgrade() -> None:
    """Clients with a key become unable to prove themselves."""
    op.execute("ALTER TABLE oauth_client DROP COLUMN jwk")
