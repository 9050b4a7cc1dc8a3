"""Where the embedded chain lives: one SQLite file that either holds a block or has never heard of it.

Writes gather in memory until ``commit`` puts a whole block into one transaction (write-ahead log, ``synchronous =
FULL``: on disk when commit returns). A killed process loses at most the block it was making. Several processes may
open the file; a block made on a head that another process has moved is refused, never forked.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from eth.abc import AtomicWriteBatchAPI
from eth.db.atomic import AtomicDBWriteBatch
from eth.db.backends.base import BaseAtomicDB

from domain.errors import AuditBroken, ChainDown, OutsideFailed, StorageFull

_TABLES = """
create table if not exists entry (key blob primary key, value blob not null) without rowid;
create table if not exists setting (key text primary key, value text not null) without rowid;
create table if not exists event (
    address blob not null, topic blob not null, subject blob not null, block integer not null,
    primary key (address, topic, subject, block)
) without rowid;
"""
_WAIT_FOR_LOCK_S = 10


class Event(NamedTuple):
    """Where a log can be found again. ``topic``, ``subject``: its first and second topic, empty when absent."""

    address: bytes
    topic: bytes
    subject: bytes
    block: int


class BlockStore(BaseAtomicDB):
    """The key-value store under py-evm, with an index of events beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: dict[bytes, bytes | None] = {}
        with self._failures():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_WAIT_FOR_LOCK_S, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.executescript(_TABLES)
        self._seen = self._version()

    def __getitem__(self, key: bytes) -> bytes:
        value = self._pending[key] if key in self._pending else self._stored(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._pending[key] = value

    def __delitem__(self, key: bytes) -> None:
        self[key]
        self._pending[key] = None

    def _exists(self, key: bytes) -> bool:
        return (self._pending[key] if key in self._pending else self._stored(key)) is not None

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        with AtomicDBWriteBatch._commit_unless_raises(self) as batch:
            yield batch

    def commit(self, events: Iterable[Event] = (), settings: dict[str, str] | None = None) -> None:
        """Put everything written since the last commit on disk, whole or not at all.

        Raises ChainDown when another process wrote in between (what was gathered is dropped), StorageFull.
        """
        try:
            with self._failures(), self._transaction():
                if self._version() != self._seen:
                    raise ChainDown(f"another process wrote a block to {self._path} first: try again")
                self._write(events, settings or {})
        finally:
            self._pending = {}

    def rollback(self) -> None:
        """Forget everything written since the last commit."""
        self._pending = {}

    def moved(self) -> bool:
        """Whether another process has committed since the last call."""
        before, self._seen = self._seen, self._version()
        return before != self._seen

    def setting(self, key: str) -> str | None:
        """A setting of the chain, as given to the commit that made it."""
        rows = self._read("select value from setting where key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def blocks_with(self, address: bytes, topic: bytes, subject: bytes | None, first: int, last: int) -> list[int]:
        """Numbers of the blocks, ascending, that hold such an event. ``subject``: None for any."""
        query = "select distinct block from event where address = ? and topic = ? and block between ? and ?"
        parameters: list[bytes | int] = [address, topic, first, last]
        if subject is not None:
            query, parameters = query + " and subject = ?", [*parameters, subject]
        return [int(row[0]) for row in self._read(query + " order by block", parameters)]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _stored(self, key: bytes) -> bytes | None:
        rows = self._read("select value from entry where key = ?", (key,))
        return bytes(rows[0][0]) if rows else None

    def _version(self) -> int:
        """A number that changes when another connection commits, and only then."""
        return int(self._read("pragma data_version")[0][0])

    def _read(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._failures():
            return self._db.execute(query, parameters).fetchall()

    def _write(self, events: Iterable[Event], settings: dict[str, str]) -> None:
        written = [(key, value) for key, value in self._pending.items() if value is not None]
        deleted = [(key,) for key, value in self._pending.items() if value is None]
        self._db.executemany("insert or replace into entry values (?, ?)", written)
        self._db.executemany("delete from entry where key = ?", deleted)
        self._db.executemany("insert or ignore into event values (?, ?, ?, ?)", events)
        self._db.executemany("insert into setting values (?, ?)", settings.items())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """SQLite's errors in our words."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except OSError as error:
            raise ChainDown(f"the chain's folder {self._path.parent} cannot be used: {error}") from error

    def _translated(self, error: sqlite3.Error) -> OutsideFailed | AuditBroken:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code, without its detail
        if code == sqlite3.SQLITE_FULL:
            return StorageFull(
                f"no space left for the chain at {self._path}: free some and run again, nothing was lost"
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return AuditBroken(f"the chain's file {self._path} is damaged ({error}): restore it from a copy")
        return ChainDown(f"the chain's file {self._path} cannot be used: {error}")
