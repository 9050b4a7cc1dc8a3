"""The ledger counts several units, limits balances, lets reservations expire, and chains its bookings.

What was booked before becomes the first booking: its transfers in the order of their ids, reservations first, and all
accounts, counted in micro-yen and without a limit.
"""

import hashlib
import json

from alembic import op
from sqlalchemy import text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FIELDS = "id, slot, debit, credit, unit, amount, kind, state, coalesce(pending_id, ''), expires_at_s, at_s"


def upgrade() -> None:
    """Tell balances from accounts, give transfers their place, close the new tables against change."""
    op.execute(_TABLES)
    for name in ("account", "booking"):
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    _chain()


def downgrade() -> None:
    """The chain would be forgotten."""
    raise NotImplementedError("an audit table is never dropped; recreate the database instead")


def _chain() -> None:
    """The first booking, when there is anything to book."""
    tx = op.get_bind()
    accounts = [list(row) for row in tx.execute(text("SELECT id, unit, balance_limit FROM account ORDER BY id"))]
    transfers = [list(row) for row in tx.execute(text(f"SELECT {FIELDS} FROM transfer ORDER BY place"))]
    if not accounts:
        return
    spelt = json.dumps([1, "", accounts, transfers], separators=(",", ":"), ensure_ascii=False)
    values = {"last": len(transfers), "hash": hashlib.sha256(spelt.encode()).hexdigest()}
    tx.execute(text("INSERT INTO booking (seq, last_place, hash) VALUES (1, :last, :hash)"), values)
    tx.execute(text("UPDATE ledger_head SET seq = 1, last_place = :last, hash = :hash"), values)


_TABLES = """
    ALTER TABLE account RENAME TO balance;
    ALTER TABLE balance RENAME CONSTRAINT account_pkey TO balance_pkey;
    CREATE TABLE account (
        id TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL, balance_limit TEXT COLLATE "C" NOT NULL,
        booking BIGINT NOT NULL, CONSTRAINT account_pkey PRIMARY KEY (id)
    );
    INSERT INTO account SELECT id, 'uJPY', 'none', 1 FROM balance;
    CREATE TABLE booking (
        seq BIGINT NOT NULL, last_place BIGINT NOT NULL, hash TEXT COLLATE "C" NOT NULL,
        CONSTRAINT booking_pkey PRIMARY KEY (seq)
    );
    CREATE TABLE ledger_head (
        single BOOLEAN NOT NULL, seq BIGINT NOT NULL, last_place BIGINT NOT NULL, hash TEXT COLLATE "C" NOT NULL,
        CONSTRAINT ledger_head_pkey PRIMARY KEY (single)
    );
    INSERT INTO ledger_head VALUES (TRUE, 0, 0, '');
    ALTER TABLE transfer RENAME COLUMN amount_ujpy TO amount;
    ALTER TABLE transfer
        ADD COLUMN unit TEXT COLLATE "C" NOT NULL DEFAULT 'uJPY', ADD COLUMN expires_at_s BIGINT NOT NULL DEFAULT 0,
        ADD COLUMN at_s BIGINT NOT NULL DEFAULT 0, ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE transfer
        ALTER COLUMN unit DROP DEFAULT, ALTER COLUMN expires_at_s DROP DEFAULT, ALTER COLUMN at_s DROP DEFAULT,
        ALTER COLUMN place DROP DEFAULT;
    ALTER TABLE transfer DISABLE TRIGGER only_grows;
    UPDATE transfer SET place = numbered.place FROM (
        SELECT id, row_number() OVER (ORDER BY pending_id IS NOT NULL, id) AS place FROM transfer
    ) AS numbered WHERE numbered.id = transfer.id;
    ALTER TABLE transfer ENABLE TRIGGER only_grows;
    ALTER TABLE transfer DROP CONSTRAINT transfer_pending_id_key;
    CREATE UNIQUE INDEX transfer_pending_id_idx ON transfer (pending_id) WHERE pending_id IS NOT NULL;
    DROP INDEX transfer_slot_idx;
    CREATE INDEX transfer_slot_idx ON transfer USING brin (slot)
"""
