"""LangGraph's checkpoints in the same PostgreSQL, with a list of what may come back out of them.

A checkpoint names the classes of what it holds, and whoever can write one could name any class of any module. So only
plain data and LangGraph's own types are ever built again; anything else comes back as the bare data it was made of.
Graph state holds ids, whole numbers and text, and needs nothing more.
"""

from collections.abc import Iterable
from typing import Any

from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

CONNECTIONS_MAX = 4
PATIENCE_S = 30.0

ALLOWED: tuple[type, ...] = ()
"""Types of our own that a checkpoint may build again, on top of LangGraph's safe list. There are none."""


class StrictSerializer(JsonPlusSerializer):
    """Msgpack without pickle and with a closed list of types. A graph that is compiled cannot widen it."""

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=ALLOWED or None)

    def with_msgpack_allowlist(self, extra_allowlist: Iterable[tuple[str, ...] | type]) -> "StrictSerializer":
        """Stays as it is, whatever a state's annotations name."""
        return self


def checkpointer(url: str) -> PostgresSaver:
    """A saver with its own connections, its tables made. ``url``: plain ``postgresql://``. End it with :func:`close`.

    Connections are checked before use and prepare no statements, so that a restarted server or a pooler in front of it
    does no harm. A checkpoint does not wait for the disk: the log is written in order, so what a step wrote is never
    there without the checkpoint before it, and a checkpoint that a power cut takes is made again by steps done once.
    """
    pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
        url,
        min_size=1,
        max_size=CONNECTIONS_MAX,
        timeout=PATIENCE_S,
        kwargs={
            "autocommit": True,
            "prepare_threshold": None,
            "row_factory": dict_row,
            "options": "-c synchronous_commit=off",
        },
        check=ConnectionPool.check_connection,
        open=True,
    )
    saver = PostgresSaver(pool, serde=StrictSerializer())
    saver.setup()
    return saver


def close(saver: PostgresSaver) -> None:
    """End the saver's connections."""
    pool: Any = saver.conn
    pool.close()
