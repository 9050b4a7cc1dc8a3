"""Casework: approvers' own keys, claims, questions, amendments; decisions that expire and carry a reason's code."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and widen what is there; nothing that stands changes."""
    for statement in _TABLES + _COLUMNS:
        op.execute(statement)


def downgrade() -> None:
    """Only while no decision was signed by an approver's own key: the audit could not check it any more."""
    op.execute("""
    DO $$ BEGIN
        IF EXISTS (SELECT 1 FROM decision WHERE address IS NOT NULL) THEN
            RAISE EXCEPTION 'decisions were signed by approvers'' own keys: this cannot be taken back';
        END IF;
    END $$
    """)
    op.execute("ALTER TABLE case_file DROP COLUMN on_timeout, DROP COLUMN harm_ujpy, DROP COLUMN claims")
    op.execute(
        "ALTER TABLE decision DROP COLUMN account_id, DROP COLUMN reason_code, DROP COLUMN expires_at, "
        "DROP COLUMN address"
    )
    op.execute("DROP TABLE approver_key, case_claim, case_question, amendment")


_TABLES = (
    """
    CREATE TABLE approver_key (
        account_id TEXT COLLATE "C" NOT NULL, address TEXT COLLATE "C" NOT NULL, sealed BYTEA NOT NULL,
        made_at TIMESTAMPTZ NOT NULL, CONSTRAINT approver_key_pkey PRIMARY KEY (account_id, address)
    )
    """,
    """
    CREATE TABLE case_claim (
        case_id TEXT COLLATE "C" NOT NULL, account_id TEXT COLLATE "C" NOT NULL, taken_at TIMESTAMPTZ NOT NULL,
        until TIMESTAMPTZ NOT NULL, delegated_by TEXT COLLATE "C",
        CONSTRAINT case_claim_pkey PRIMARY KEY (case_id)
    )
    """,
    "CREATE INDEX case_claim_account_id_idx ON case_claim (account_id)",
    """
    CREATE TABLE case_question (
        case_id TEXT COLLATE "C" NOT NULL, number INTEGER NOT NULL, party_id TEXT COLLATE "C" NOT NULL,
        asked_by TEXT COLLATE "C" NOT NULL, asked_at TIMESTAMPTZ NOT NULL, question TEXT COLLATE "C" NOT NULL,
        answered_by TEXT COLLATE "C", answered_at TIMESTAMPTZ, answer TEXT COLLATE "C",
        CONSTRAINT case_question_pkey PRIMARY KEY (case_id, number)
    )
    """,
    """
    CREATE TABLE amendment (
        id TEXT COLLATE "C" NOT NULL, case_id TEXT COLLATE "C" NOT NULL, made_by TEXT COLLATE "C" NOT NULL,
        made_at TIMESTAMPTZ NOT NULL, changes JSONB NOT NULL, reason TEXT COLLATE "C" NOT NULL,
        consents JSONB NOT NULL, state TEXT COLLATE "C" NOT NULL,
        CONSTRAINT amendment_pkey PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX amendment_case_id_idx ON amendment (case_id)",
)
_COLUMNS = (
    """
    ALTER TABLE decision ADD COLUMN account_id TEXT COLLATE "C", ADD COLUMN reason_code TEXT COLLATE "C",
        ADD COLUMN expires_at TIMESTAMPTZ, ADD COLUMN address TEXT COLLATE "C",
        ADD CONSTRAINT decision_case_id_account_id_key UNIQUE (case_id, account_id)
    """,
    """
    ALTER TABLE case_file ADD COLUMN on_timeout TEXT COLLATE "C" NOT NULL DEFAULT 'reject',
        ADD COLUMN harm_ujpy BIGINT NOT NULL DEFAULT 0, ADD COLUMN claims JSONB NOT NULL DEFAULT '[]'
    """,
    "ALTER TABLE case_file ALTER COLUMN on_timeout DROP DEFAULT, ALTER COLUMN harm_ujpy DROP DEFAULT, "
    "ALTER COLUMN claims DROP DEFAULT",
    "CREATE INDEX case_file_state_harm_ujpy_idx ON case_file (state, harm_ujpy)",
)
