"""The one database, reached through one door: a transaction that commits whole or not at all.

``with db.begin("settle") as tx:`` gives an open connection; leaving the block commits, an exception rolls back. What
the driver raises becomes our own error tree here, so that no other floor knows which driver it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psycopg import Error as DriverError
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import DatabaseDown, OutsideFailed, RuleBroken, StorageFull

DISK_FULL = "53100"
CONNECTION_CLASS = "08"
SERVER_GOES = frozenset({"57P01", "57P02", "57P03", "53300"})
TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})

WORLD_LOCK = 0x67726964  # "grid", another than every lock of a transaction: one process trades in a world
LOCK_WAIT_S = 2  # a server sees only after a moment that the holder's connection is gone

CommitHook = Callable[[str], None]


class Database:
    """Transactions on one PostgreSQL database.

    url: ``postgresql://...``, with or without a driver name. on_commit: called with ``"<label>:before"`` and
    ``"<label>:after"`` around each COMMIT of :meth:`begin`; tests crash the process there.
    """

    def __init__(self, url: str, on_commit: CommitHook | None = None) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._on_commit = on_commit
        self._engine = create_engine(
            self._url, pool_pre_ping=True, connect_args={"connect_timeout": 10, "application_name": "gridpact"}
        )
        event.listen(self._engine, "connect", _prepare_session)

    @contextmanager
    def begin(self, label: str = "work", *, on_disk: bool = True) -> Iterator[Connection]:
        """One transaction. Raises DatabaseDown or StorageFull when the outside failed; then nothing of it was kept,
        except when the connection broke during COMMIT itself: then repeating it under the same keys is safe.

        on_disk: the commit waits for the disk. What can be done again the same way, and of which nobody outside hears
        before :meth:`flush`, need not wait: the log is written in order, so a power cut takes its last moments whole.
        """
        with self.failures(), self._engine.connect() as tx:
            with tx.begin():
                if not on_disk:
                    tx.execute(text("SET LOCAL synchronous_commit = off"))
                yield tx
                self._tell(f"{label}:before")
            self._tell(f"{label}:after")

    def flush(self) -> None:
        """Return when everything that was committed before is on the disk. Raises DatabaseDown, StorageFull."""
        with self.failures(), self._engine.begin() as tx:  # a message of its own in the log: else nothing is waited for
            tx.execute(text("SELECT pg_logical_emit_message(true, 'gridpact', 'flush')"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only looks; it is rolled back and tells no hook. All reads see one moment."""
        with self.failures(), self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            yield tx
            tx.rollback()

    def migrate(self) -> None:
        """Bring the tables to the newest version. Does nothing when they are."""
        from memory.migrations.run import upgrade

        with self.failures(), self._engine.begin() as tx:
            self._require_ours(tx)
            upgrade(tx)

    def recreate(self) -> None:
        """Forget everything, also checkpoints, and create the tables anew: for a fresh demonstration world.

        Raises RuleBroken when the database holds tables of somebody else: nothing of theirs is touched.
        """
        with self.failures(), self._engine.begin() as tx:
            self._require_ours(tx)
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("DROP SCHEMA IF EXISTS telemetry CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        self.migrate()

    @property
    def url(self) -> str:
        """The address in the plain ``postgresql://`` form, password included."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    def close(self) -> None:
        """Close every connection of the pool. The object may be used again."""
        self._engine.dispose()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the world for this process. Raises RuleBroken while another one holds it; a killed one holds nothing."""
        with self.failures(), self._engine.connect() as holder:
            if not _locked(holder):
                raise RuleBroken("another process trades in this world: wait for it, stop it, or choose another --data")
            try:
                yield
            finally:
                holder.invalidate()  # the server lets go of the lock with the connection, even a broken one

    def _require_ours(self, tx: Connection) -> None:
        """An empty database may become ours; one with tables is ours when our journal stands in it."""
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        present = list(tx.execute(text(named)).scalars())
        if present and "journal_head" not in present:
            where = self._url.render_as_string(hide_password=True)
            raise RuleBroken(f"{where} holds tables of others ({present[0]}, ...): give Gridpact its own database")

    def _tell(self, moment: str) -> None:
        if self._on_commit is not None:
            self._on_commit(moment)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the driver raises inside into our own errors, also for those who reach the database themselves."""
        try:
            yield
        except DBAPIError as error:
            cause = error.orig if isinstance(error.orig, DriverError) else None
            raise translated(cause, self._url, lost=error.connection_invalidated) or error from error
        except DriverError as error:
            raise translated(error, self._url) or error from error


def _locked(holder: Connection) -> bool:
    """Take the world's lock for this connection's life, waiting a moment for a holder that is about to let go."""
    try:
        holder.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
        holder.execute(text("SELECT pg_advisory_lock(:world)"), {"world": WORLD_LOCK})
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return False
        raise
    holder.commit()
    return True


def translated(error: DriverError | None, url: URL, *, lost: bool = False) -> OutsideFailed | None:
    """The driver's error as ours, or None when the fault is in the program and must stay visible."""
    state, said = (error.sqlstate if error else None) or "", str(error or "").strip()
    where = url.render_as_string(hide_password=True)
    if state == DISK_FULL or "No space left on device" in said:
        return StorageFull(
            f"the disk of {where} is full; nothing of this step was kept: free space, then run the same again ({said})"
        )
    if state in TRY_AGAIN:
        return OutsideFailed(f"another transaction was in the way on {where}: run the same again ({said})")
    if lost or state.startswith(CONNECTION_CLASS) or state in SERVER_GOES or _never_reached(error):
        return DatabaseDown(
            f"PostgreSQL does not answer at {where}; this step is kept whole or not at all: "
            f"start it or mend GRIDPACT_DATABASE_URL, then run the same again ({said})"
        )
    return None


def _never_reached(error: DriverError | None) -> bool:
    return type(error).__name__ in {"OperationalError", "ConnectionTimeout", "InterfaceError"} and not error.sqlstate  # type: ignore[union-attr]


def _prepare_session(connection: object, _entry: ConnectionPoolEntry) -> None:
    """Moments come back in UTC; compiling queries to machine code costs more than our short queries take."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.execute("SET jit = off")
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]
