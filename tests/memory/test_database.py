"""The one door to PostgreSQL: whole transactions, and failures in our own words."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from domain.errors import DatabaseDown, OutsideFailed, RuleBroken, StorageFull
from memory import world
from memory.database import Database
from memory.embedded import EmbeddedPostgres


def test_a_block_that_ends_well_is_kept(database: Database) -> None:
    """Leaving the block commits."""
    with database.begin() as tx:
        world.put(tx, "seed", 7)
    with database.read() as tx:
        assert world.get(tx, "seed") == 7


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    """An exception rolls back, whatever was written before it."""
    with pytest.raises(ZeroDivisionError), database.begin() as tx:
        world.put(tx, "seed", 7 // write_and_fail(tx))
    with database.read() as tx:
        assert (world.get(tx, "seed"), world.get(tx, "first")) == (None, None)


def test_the_hook_is_told_around_every_commit_and_of_no_rollback(database_url: str) -> None:
    """Crash tests stop the process just before and just after COMMIT; a rollback has neither moment."""
    told: list[str] = []
    database = Database(database_url, told.append)
    with database.begin("settle") as tx:
        world.put(tx, "seed", 7)
    with pytest.raises(RuntimeError), database.begin("broken"):
        raise RuntimeError
    with database.read() as tx:
        world.get(tx, "seed")
    assert told == ["settle:before", "settle:after"]
    database.close()


def test_what_raises_before_commit_prevents_it(database_url: str) -> None:
    """A crash at ``before`` loses the transaction, one at ``after`` does not."""

    def crash(moment: str) -> None:
        if moment in {"early:before", "late:after"}:
            raise RuntimeError(moment)

    database = Database(database_url, crash)
    for label, kept in (("early", None), ("late", 7)):
        with pytest.raises(RuntimeError), database.begin(label) as tx:
            world.put(tx, "seed", 7)
        with database.read() as tx:
            assert world.get(tx, "seed") == kept
    database.close()


def test_what_did_not_wait_for_the_disk_is_there_after_a_flush(database: Database) -> None:
    """A commit may return before its log is on the disk; a flush returns when all that was committed before is."""
    with database.begin(on_disk=False) as tx:
        world.put(tx, "seed", 7)
    with database.read() as tx:
        assert world.get(tx, "seed") == 7
        written = tx.execute(text("SELECT pg_current_wal_insert_lsn()")).scalar_one()
    database.flush()
    with database.read() as tx:
        behind = text("SELECT pg_wal_lsn_diff(:written, pg_current_wal_flush_lsn())")
        assert tx.execute(behind, {"written": written}).scalar_one() <= 0


def test_only_a_step_asks_not_to_wait_for_the_disk(database: Database) -> None:
    """Waiting is the rule, and not waiting ends with its transaction: the next one on the same connection waits."""
    shown = text("SHOW synchronous_commit")
    with database.begin(on_disk=False) as tx:
        assert tx.execute(shown).scalar_one() == "off"
    with database.begin() as tx:
        assert tx.execute(shown).scalar_one() == "on"


def test_an_unreachable_server_is_the_outside_failing_and_keeps_the_password() -> None:
    """The message says where and what to do, and never shows a password."""
    database = Database("postgresql://someone:secret@127.0.0.1:1/nowhere")
    with pytest.raises(DatabaseDown, match="GRIDPACT_DATABASE_URL") as raised, database.begin():
        pass
    assert "secret" not in str(raised.value)
    assert "127.0.0.1" in str(raised.value)


def test_a_connection_lost_in_a_transaction_is_the_outside_failing(database: Database) -> None:
    """The server closes the connection under us; the next transaction finds a new one."""
    with pytest.raises(DatabaseDown), database.begin() as tx:
        world.put(tx, "seed", end_session(database, tx))
    with database.read() as tx:
        assert (world.get(tx, "seed"), world.get(tx, "first")) == (None, None)


@pytest.mark.parametrize(
    ("state", "expected"), [("53100", StorageFull), ("40001", OutsideFailed), ("40P01", OutsideFailed)]
)
def test_what_the_server_says_becomes_our_own_error(
    database: Database, state: str, expected: type[OutsideFailed]
) -> None:
    """A full disk and a transaction in the way may both be tried again; the message says so."""
    with pytest.raises(expected, match="run the same again"), database.begin() as tx:
        tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{state}'; END $$"))


def test_a_mistake_of_ours_stays_visible(database: Database) -> None:
    """Wrong SQL is no failure of the outside and is not dressed up as one."""
    with pytest.raises(ProgrammingError), database.begin() as tx:
        tx.execute(text("SELECT nothing FROM nowhere"))


def test_a_recreated_database_is_empty_and_whole(database: Database) -> None:
    """A fresh demonstration world starts from the tables alone."""
    with database.begin() as tx:
        world.put(tx, "seed", 7)
    database.recreate()
    with database.read() as tx:
        assert world.get(tx, "seed") is None


def test_a_database_is_made_when_missing_and_kept_when_there(postgres: EmbeddedPostgres) -> None:
    """Asking twice for the same database gives the same one."""
    database = Database(postgres.url("asked_twice"))
    database.migrate()
    with database.begin() as tx:
        world.put(tx, "seed", 7)
    with Database(postgres.url("asked_twice")).read() as tx:
        assert world.get(tx, "seed") == 7
    database.close()


def write_and_fail(tx: Connection) -> int:
    """Write something, then give the zero that makes the caller raise."""
    world.put(tx, "first", 1)
    return 0


def end_session(database: Database, tx: Connection) -> int:
    """Write something, then have the server close the transaction's own connection."""
    world.put(tx, "first", 1)
    pid: int = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = Database(database.url)
    with other.begin() as aside:
        aside.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    other.close()
    return pid


def test_a_database_of_others_is_never_touched(database_url: str) -> None:
    """Whoever points us at a full database keeps it: neither migrated nor forgotten."""
    database = Database(database_url)
    database.recreate()
    with database.begin("others") as tx:
        tx.execute(text("DROP SCHEMA public CASCADE"))
        tx.execute(text("CREATE SCHEMA public"))
        tx.execute(text("CREATE TABLE customers (id int)"))
    for touch in (database.migrate, database.recreate):
        with pytest.raises(RuleBroken, match="holds tables of others \\(customers"):
            touch()
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM customers")).scalar_one() == 0
    database.close()


def test_one_process_at_a_time_holds_a_world(database_url: str) -> None:
    """A second process is told so, and gets the world when the first lets go."""
    first, second = Database(database_url), Database(database_url)
    with first.alone(), pytest.raises(RuleBroken, match="another process trades"), second.alone():
        pass
    for _ in range(50):  # the server lets go a moment after the connection is closed: whoever comes next waits for it
        with second.alone():
            pass
