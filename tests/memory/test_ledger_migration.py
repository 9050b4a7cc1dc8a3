"""A ledger of before bookings were chained becomes the first booking of the chain."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from memory.books import ledger
from memory.database import Database
from memory.embedded import EmbeddedPostgres
from memory.migrations.run import configuration
from settlement.ledger import Balance, Transfer

BEFORE = """
    INSERT INTO transfer (id, slot, debit, credit, amount_ujpy, kind, state, pending_id) VALUES
        ('a', 1, 'member:東"', 'retailer', 60, 'k', 'posted', 'z:reserved'),
        ('z:reserved', 1, 'member:東"', 'retailer', 100, 'k', 'pending', NULL),
        ('b', 2, 'pool', 'member:東"', 5, 'k', 'posted', NULL);
    INSERT INTO account VALUES ('member:東"', 60, 5, 0, 0), ('retailer', 0, 60, 0, 0), ('pool', 5, 0, 0, 0)
"""


def version_before() -> str:
    """The one that the ledger's own comes after."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    (found,) = [each.down_revision for each in scripts if Path(each.path).stem.endswith("_ledger")]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("statements", [BEFORE, "SELECT 1"], ids=["with transfers", "empty"])
def test_what_was_booked_before_is_the_first_booking(postgres: EmbeddedPostgres, statements: str) -> None:
    """It verifies, keeps its balances, goes on, and is closed against change as before."""
    database = Database(postgres.url(f"ledger_{len(statements)}"))
    with database.begin() as tx:
        command.upgrade(configuration(tx), version_before())
        tx.execute(text(statements))
    database.migrate()
    with database.begin() as tx:
        known = ledger.verify(tx)
        assert ledger.head(tx)[:2] == ((1, 3) if known else (0, 0))
        if known:
            assert ledger.balances(tx)['member:東"'] == Balance(debits_posted=60, credits_posted=5)
            with pytest.raises(DBAPIError, match="only grows"), tx.begin_nested():
                tx.execute(text("UPDATE transfer SET place = 9"))
        ledger.book(tx, [Transfer("c", "retailer", "pool", 1, "k", 3)])
        assert ledger.verify(tx) == known + 1
    database.close()
