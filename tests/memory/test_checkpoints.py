"""Checkpoints: waiting survives a new process, and nothing outside the list is ever built from a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt

from memory.checkpoints import StrictSerializer, checkpointer, close
from memory.database import Database

THREAD: RunnableConfig = {"configurable": {"thread_id": "slot:local:10"}}
BUILT: list[str] = []


@dataclass
class Bait:
    """Something that tells when it is built."""

    name: str

    def __post_init__(self) -> None:
        BUILT.append(self.name)


class State(TypedDict, total=False):
    """A state that names a class, as a careless graph would."""

    slot: int
    bait: Bait
    decided: str


Graph = CompiledStateGraph[State, None, State, State]


@pytest.fixture
def saver(database_url: str) -> Iterator[PostgresSaver]:
    opened = checkpointer(database_url)
    yield opened
    close(opened)


def waiting_graph(saver: PostgresSaver, bait: Any = None) -> Graph:
    def wait(state: State) -> dict[str, Any]:
        return {"decided": interrupt({"waits_for": "people"})}

    graph = StateGraph(State)
    graph.add_node("set", lambda state: {"bait": bait} if bait else {})
    graph.add_node("wait", wait)
    graph.add_edge(START, "set")
    graph.add_edge("set", "wait")
    graph.add_edge("wait", END)
    return graph.compile(checkpointer=saver)


def test_a_run_that_waits_goes_on_in_another_process(database_url: str, saver: PostgresSaver) -> None:
    """The interrupt, its value and the state come back through the strict serializer."""
    waiting_graph(saver).invoke({"slot": 10}, THREAD, durability="sync")
    later = checkpointer(database_url)
    graph = waiting_graph(later)
    assert [each.value for each in graph.get_state(THREAD).interrupts] == [{"waits_for": "people"}]
    assert graph.invoke(Command(resume="yes"), THREAD, durability="sync") == {"slot": 10, "decided": "yes"}
    close(later)


def test_a_class_outside_the_list_is_never_built_again(saver: PostgresSaver) -> None:
    """Not even when the graph's own state names it: it comes back as the plain data it was made of."""
    waiting_graph(saver, Bait("written")).invoke({"slot": 10}, THREAD, durability="sync")
    BUILT.clear()
    kept = waiting_graph(saver).get_state(THREAD).values["bait"]
    assert kept == {"name": "written"}
    assert BUILT == []


def test_a_row_that_was_tampered_with_builds_nothing() -> None:
    """A row written by a permissive program names any class; ours gives plain data, and refuses pickles."""
    kind, row = JsonPlusSerializer(allowed_msgpack_modules=True).dumps_typed(Bait("forged"))
    BUILT.clear()
    assert StrictSerializer().loads_typed((kind, row)) == {"name": "forged"}
    assert BUILT == []
    with pytest.raises(NotImplementedError):
        StrictSerializer().loads_typed(("pickle", b"cos\nsystem\n(S'false'\ntR."))


def test_setting_up_twice_and_recreating_the_database_are_harmless(database: Database, database_url: str) -> None:
    """Every start sets up; a fresh demonstration world drops checkpoints with the rest."""
    close(checkpointer(database_url))
    database.recreate()
    saver = checkpointer(database_url)
    assert list(saver.list(None)) == []
    close(saver)
