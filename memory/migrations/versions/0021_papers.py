"""Contracts on paper: templates' approvals, particulars, deals, papers with their PDFs, what parties did with them."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = {
    "template_approval": """
        template TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C"
        NOT NULL, at TIMESTAMPTZ NOT NULL, CONSTRAINT template_approval_pkey PRIMARY KEY (template, party_id)
    """,
    "particular": """
        subject TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, body JSONB NOT NULL, by TEXT COLLATE "C"
        NOT NULL, at TIMESTAMPTZ NOT NULL, CONSTRAINT particular_pkey PRIMARY KEY (subject, number)
    """,
    "deal": """
        id TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, seller_site TEXT COLLATE "C" NOT NULL, buyer_site
        TEXT COLLATE "C" NOT NULL, months BIGINT, at TIMESTAMPTZ NOT NULL, CONSTRAINT deal_pkey PRIMARY KEY
        (id)
    """,
    "paper": """
        id TEXT COLLATE "C" NOT NULL, seller_party TEXT COLLATE "C" NOT NULL, buyer_party TEXT COLLATE "C" NOT
        NULL, proposal JSONB NOT NULL, particulars JSONB NOT NULL, free JSONB NOT NULL, pages JSONB NOT NULL,
        documents JSONB NOT NULL, due_at TIMESTAMPTZ NOT NULL, cooling_off_days BIGINT NOT NULL, CONSTRAINT
        paper_pkey PRIMARY KEY (id)
    """,
    "paper_document": """
        digest TEXT COLLATE "C" NOT NULL, paper_id TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
        language TEXT COLLATE "C" NOT NULL, content BYTEA NOT NULL, CONSTRAINT paper_document_pkey PRIMARY KEY
        (digest)
    """,
    "paper_act": """
        paper_id TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT
        NULL, documents JSONB NOT NULL, account_id TEXT COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL,
        signature BYTEA NOT NULL, CONSTRAINT paper_act_pkey PRIMARY KEY (paper_id, party_id, kind)
    """,
}


def upgrade() -> None:
    """Create the tables and close them against change."""
    for name, columns in TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """What people consented to would be forgotten."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")
