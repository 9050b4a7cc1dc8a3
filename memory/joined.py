"""A database inside a transaction that is open already: what begins there is part of it and commits with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from memory.database import Database


class JoinedDatabase(Database):
    """Stands where a service asks for a database, and hands it the one transaction of its caller.

    What begins inside and fails is undone by itself; what does not fail is kept if the caller's transaction is.
    """

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    @contextmanager
    def begin(self, label: str = "work", *, on_disk: bool = True) -> Iterator[Connection]:
        """A part of the open transaction. When it is on the disk, and what tells of it, is the caller's to say."""
        with self._tx.begin_nested():
            yield self._tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The open transaction: it sees what it wrote."""
        yield self._tx
