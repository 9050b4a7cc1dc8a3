"""What members file for tomorrow, how each day's session ended, and what became of every order in it."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE day_ahead_order (
        id TEXT COLLATE "C" NOT NULL, day DATE NOT NULL, entered BIGINT NOT NULL, body JSONB NOT NULL,
        filed_at TIMESTAMP WITH TIME ZONE NOT NULL, withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT day_ahead_order_pkey PRIMARY KEY (day, id)
    )
    """,
    """
    CREATE TABLE day_ahead_session (
        day DATE NOT NULL, prices JSONB NOT NULL, volume_wh BIGINT NOT NULL, welfare_ujpy BIGINT NOT NULL,
        bound_ujpy BIGINT NOT NULL, missed TEXT COLLATE "C", CONSTRAINT day_ahead_session_pkey PRIMARY KEY (day)
    )
    """,
    """
    CREATE TABLE day_ahead_result (
        day DATE NOT NULL, id TEXT COLLATE "C" NOT NULL, traded_wh JSONB NOT NULL, reason TEXT COLLATE "C",
        facts JSONB NOT NULL, CONSTRAINT day_ahead_result_pkey PRIMARY KEY (day, id)
    )
    """,
)


def upgrade() -> None:
    """Create the tables; what a session decided is closed against change."""
    for table in TABLES:
        op.execute(table)
    for table in ("day_ahead_session", "day_ahead_result"):
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """What was filed and decided would be lost with the tables."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")
