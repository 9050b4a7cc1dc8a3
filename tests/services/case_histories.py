"""Recorded histories of case threads: LangGraph's own rows as JSON, written once, replayed by every later version.

``python tests/services/case_histories.py NAME`` records one more, in today's form: ``waiting`` (for people), ``killed``
(before its summary), ``renamed`` (waiting in a node that has another name by now). One that stands is never written
again: what an old version left behind is the point of it.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from langgraph.graph import START, StateGraph
from sqlalchemy import text

from benchmarks.case_house import opened, populate
from memory import cases
from memory.database import Database
from memory.embedded import start
from services.cases.cases import thread_of
from services.context import TradeContext
from workflows.case import CaseThread, await_people, case_graph, prepare
from workflows.threads import advance

FOLDER = Path(__file__).parent.parent / "golden/case_threads"
TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
CASE = "C-00000"


def record(name: str) -> None:
    """Run one thread to where the history shall end, and write its rows down."""
    folder = Path(tempfile.mkdtemp(prefix="gridpact-history-"))
    server = start(folder / "pg")
    url = server.url("history")
    database = Database(url)
    database.migrate()
    populate(database, 1)
    with opened(url, folder / "keys.json") as (ctx, graph):
        HISTORIES[name](ctx, graph)
    kept = dumped(database)
    database.close()
    server.stop()
    with (FOLDER / f"{name}.json").open("x") as file:
        json.dump(kept, file, indent=1)


def _waiting(ctx: TradeContext, graph: Any) -> None:
    with ctx.database.read() as tx:
        case = cases.get(tx, CASE)
    prepare(ctx, graph, case)


def _killed(ctx: TradeContext, graph: Any) -> None:
    """As a kill leaves it after the first node: LangGraph stops before the second."""
    stopping = case_graph(graph.checkpointer)
    stopping.interrupt_before_nodes = ["summarise"]
    advance(ctx, stopping, thread_of(CASE), {"case_id": CASE})


def _renamed(ctx: TradeContext, graph: Any) -> None:
    """Waiting under another name of the same node."""
    old = StateGraph(CaseThread, TradeContext)
    old.add_node("await_experts", await_people)
    old.add_edge(START, "await_experts")
    advance(ctx, old.compile(checkpointer=graph.checkpointer), thread_of(CASE), {"case_id": CASE})


HISTORIES = {"waiting": _waiting, "killed": _killed, "renamed": _renamed}


def dumped(database: Database) -> dict[str, list[dict[str, Any]]]:
    """The rows of every checkpoint table, bytes in base64."""
    with database.read() as tx:
        return {
            table: [
                {name: _as_json(value) for name, value in row._mapping.items()}
                for row in tx.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4"))
            ]
            for table in TABLES
        }


def put(database: Database, history: dict[str, list[dict[str, Any]]]) -> None:
    """Write a recorded history into a database whose checkpoint tables exist."""
    with database.begin("history") as tx:
        for table, rows in history.items():
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                tx.execute(
                    text(f"INSERT INTO {table} ({names}) VALUES ({values})"),
                    {name: _as_column(value) for name, value in row.items()},
                )


def _as_json(value: Any) -> Any:
    return {"base64": base64.b64encode(bytes(value)).decode()} if isinstance(value, bytes | memoryview) else value


def _as_column(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"]) if value.keys() == {"base64"} else json.dumps(value)
    return value


if __name__ == "__main__":
    record(sys.argv[1])
