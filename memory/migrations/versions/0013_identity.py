"""For which expertise a decision spoke, the keys that meters had, certificates of equipment, sealed secrets.

And what a mandate allows on one day, until when it holds, and the word that stops it.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE retired_key (
    device_id TEXT COLLATE "C" NOT NULL, key_id TEXT COLLATE "C" NOT NULL, public_key BYTEA NOT NULL, good_until
    TIMESTAMPTZ NOT NULL, stopped_at TIMESTAMPTZ, reason TEXT COLLATE "C" NOT NULL, CONSTRAINT retired_key_pkey PRIMARY
    KEY (device_id, key_id)
);
CREATE TABLE certificate_issuer (
    id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, jwk JSONB NOT NULL, registered_at TIMESTAMPTZ NOT
    NULL, CONSTRAINT certificate_issuer_pkey PRIMARY KEY (id)
);
CREATE TABLE status_list (
    uri TEXT COLLATE "C" NOT NULL, issuer TEXT COLLATE "C" NOT NULL, claims JSONB NOT NULL, taken_at TIMESTAMPTZ NOT
    NULL, CONSTRAINT status_list_pkey PRIMARY KEY (uri)
);
CREATE TABLE device_certificate (
    device_id TEXT COLLATE "C" NOT NULL, issuer TEXT COLLATE "C" NOT NULL, text TEXT COLLATE "C" NOT NULL, accepted_at
    TIMESTAMPTZ NOT NULL, refused_at TIMESTAMPTZ, CONSTRAINT device_certificate_pkey PRIMARY KEY (device_id)
);
CREATE TABLE person_record (
    party_id TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, body JSONB NOT NULL, at
    TIMESTAMPTZ NOT NULL, by TEXT COLLATE "C" NOT NULL, keep_until DATE, withdrawn_at TIMESTAMPTZ, withdrawn_by TEXT
    COLLATE "C", CONSTRAINT person_record_pkey PRIMARY KEY (party_id, number)
);
CREATE TABLE erasure (
    party_id TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, account TEXT COLLATE "C" NOT NULL, reason TEXT
    COLLATE "C" NOT NULL, at TIMESTAMPTZ NOT NULL, CONSTRAINT erasure_pkey PRIMARY KEY (party_id, role)
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE vault_secret (
    name TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, key_id TEXT COLLATE "C" NOT NULL, sealed BYTEA NOT NULL,
    set_at TIMESTAMPTZ NOT NULL, set_by TEXT COLLATE "C" NOT NULL, CONSTRAINT vault_secret_pkey PRIMARY KEY (name)
);
"""


def upgrade() -> None:
    """Decisions of before say nothing of expertise; they count for that of their party."""
    op.execute("ALTER TABLE decision ADD COLUMN expertise JSONB")
    op.execute(TABLES)
    op.execute(
        "ALTER TABLE mandate ADD COLUMN spend_max_ujpy_per_day BIGINT, ADD COLUMN trade_max_wh_per_day BIGINT, "
        "ADD COLUMN valid_until DATE, ADD COLUMN stop_word_hash TEXT COLLATE \"C\" NOT NULL DEFAULT ''"
    )
    op.execute("ALTER TABLE mandate ALTER COLUMN stop_word_hash DROP DEFAULT")


def downgrade() -> None:
    """Decisions would count for something else than was signed, and stopped keys would be good again."""
    raise NotImplementedError("a decision never changes; recreate the database instead")
