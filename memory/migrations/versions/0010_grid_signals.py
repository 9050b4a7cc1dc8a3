"""What grid operators say, whose keys are known, and who resumed a stop: part of the audit trail."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = {
    "grid_source": """
        id TEXT COLLATE "C" NOT NULL, public_key BYTEA NOT NULL, registered_by TEXT COLLATE "C" NOT NULL, registered_at
        TIMESTAMPTZ NOT NULL, CONSTRAINT grid_source_pkey PRIMARY KEY (id)
    """,
    "grid_signal": """
        source TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, revision BIGINT NOT NULL, audience TEXT COLLATE
        "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, extent TEXT COLLATE "C" NOT NULL, target TEXT COLLATE "C" NOT
        NULL, value BIGINT NOT NULL, unit TEXT COLLATE "C" NOT NULL, starts TIMESTAMPTZ NOT NULL, ends TIMESTAMPTZ NOT
        NULL, expires TIMESTAMPTZ NOT NULL, priority BIGINT NOT NULL, reason TEXT COLLATE "C" NOT NULL, signature BYTEA
        NOT NULL, received_at TIMESTAMPTZ NOT NULL, CONSTRAINT grid_signal_pkey PRIMARY KEY (source, id, revision)
    """,
    "grid_resumption": """
        signal TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, person TEXT COLLATE "C" NOT NULL, reason TEXT
        COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL, CONSTRAINT grid_resumption_pkey PRIMARY KEY (signal, role)
    """,
}


OBJECTS = """
CREATE TABLE openadr_object (
    id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, client TEXT COLLATE "C" NOT NULL, revision BIGINT NOT
    NULL, body JSONB NOT NULL, said JSONB NOT NULL, deleted BOOLEAN NOT NULL, created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL, CONSTRAINT openadr_object_pkey PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    """Create the tables and close what is audited against change."""
    op.execute(OBJECTS)
    for name, columns in TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Stops would be forgotten that nobody has resumed."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")
