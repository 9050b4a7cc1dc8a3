"""OpenADR objects by page, and which events' signals were taken in."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Events that are there already are said once more, which changes nothing."""
    op.execute("ALTER TABLE openadr_object ADD COLUMN taken BOOLEAN NOT NULL DEFAULT FALSE")
    op.execute("CREATE INDEX openadr_object_place ON openadr_object (kind, created_at, id)")
    op.execute("CREATE INDEX openadr_object_waiting ON openadr_object (created_at, id) WHERE NOT taken")


def downgrade() -> None:
    """Nothing of the audit trail is lost."""
    op.execute("DROP INDEX openadr_object_waiting, openadr_object_place")
    op.execute("ALTER TABLE openadr_object DROP COLUMN taken")
