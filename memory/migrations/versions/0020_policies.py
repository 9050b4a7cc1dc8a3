"""Policies: versions of the rules, their approvals and activations, and every decision with the version it used."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. Nothing in them is ever changed."""
    op.execute("""
    CREATE TABLE rule_decision (
        contract_digest TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, version BIGINT NOT NULL,
        pack TEXT COLLATE "C" NOT NULL, action TEXT COLLATE "C" NOT NULL, findings JSONB NOT NULL,
        unknown JSONB NOT NULL, facts JSONB NOT NULL,
        CONSTRAINT rule_decision_pkey PRIMARY KEY (contract_digest)
    )
    """)
    op.execute("CREATE INDEX rule_decision_slot_idx ON rule_decision (slot)")
    op.execute("""
    CREATE TABLE policy_version (
        number BIGINT NOT NULL, pack TEXT COLLATE "C" NOT NULL, text TEXT COLLATE "C" NOT NULL,
        account_id TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL, reason TEXT COLLATE "C" NOT NULL,
        at TIMESTAMPTZ NOT NULL, CONSTRAINT policy_version_pkey PRIMARY KEY (number)
    )
    """)
    op.execute("""
    CREATE TABLE policy_approval (
        number BIGINT NOT NULL, party_id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL,
        pack TEXT COLLATE "C" NOT NULL, reason TEXT COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL,
        CONSTRAINT policy_approval_pkey PRIMARY KEY (number, party_id)
    )
    """)
    op.execute("""
    CREATE TABLE policy_activation (
        place BIGINT NOT NULL, number BIGINT NOT NULL, from_day DATE NOT NULL, account_id TEXT COLLATE "C" NOT NULL,
        reason TEXT COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL,
        CONSTRAINT policy_activation_pkey PRIMARY KEY (place)
    )
    """)


def downgrade() -> None:
    """Give up what the rules decided."""
    for table in ("policy_activation", "policy_approval", "policy_version", "rule_decision"):
        op.execute(f"DROP TABLE {table}")
