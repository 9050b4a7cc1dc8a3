"""One case, one durable thread: prepare the evidence in words, wait for people, do what they decided.

    prepare > await people > conclude

Names of nodes are kept in checkpoints. A case that is open and whose thread stands at no node of today's graph is put
back to where people are awaited; whatever its state was, rows say what was decided.

The waiting node holds nothing but its interrupt: LangGraph runs a node again from its start at every resume. What was
decided is read from the decision rows, never from what the wake-up carries.
"""

from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.memory.precedents import precedents
from agents.node import OWNER
from agents.runtime.summarise import summarise
from memory.cases import CaseRow
from services.cases.cases import conclude, thread_of
from services.context import TradeContext
from workflows.threads import advance, put_back

AWAIT_PEOPLE, LAST_BEFORE = "await_people", "summarise"


class CaseThread(TypedDict, total=False):
    """A case's thread: its id, and how it ended."""

    case_id: str
    event: str


CaseGraph = CompiledStateGraph[CaseThread, TradeContext, CaseThread, CaseThread]


def _recall(state: CaseThread, runtime: Runtime[TradeContext]) -> dict[str, Any]:
    return precedents(runtime.context, state["case_id"])


def _summarise(state: CaseThread, runtime: Runtime[TradeContext]) -> dict[str, Any]:
    return summarise(runtime.context, state["case_id"])


def await_people(state: CaseThread) -> dict[str, Any]:
    """Wait until there is an outcome: enough decisions, one rejection, or the deadline."""
    interrupt({"waits_for": "people", "case": state["case_id"]})
    return {}


def _conclude(state: CaseThread, runtime: Runtime[TradeContext]) -> dict[str, Any]:
    return {"event": conclude(runtime.context, state["case_id"])["event"]}


def case_graph(checkpointer: BaseCheckpointSaver[str]) -> CaseGraph:
    """The compiled graph. Wake a thread only when its case has an outcome."""
    graph = StateGraph(CaseThread, TradeContext)
    graph.add_node("precedents", _recall, metadata={OWNER: "memory"})
    graph.add_node(LAST_BEFORE, _summarise, metadata={OWNER: "runtime"})
    graph.add_node(AWAIT_PEOPLE, await_people, metadata={OWNER: "people"})
    graph.add_node("conclude", _conclude)
    graph.add_edge(START, "precedents")
    graph.add_edge("precedents", LAST_BEFORE)
    graph.add_edge(LAST_BEFORE, AWAIT_PEOPLE)
    graph.add_edge(AWAIT_PEOPLE, "conclude")
    graph.add_edge("conclude", END)
    return graph.compile(checkpointer=checkpointer, name="case")


def prepare(ctx: TradeContext, graph: CaseGraph, case: CaseRow) -> None:
    """Bring an open case's thread to where it waits for people, from wherever it stands."""
    thread, state = thread_of(case.id), {"case_id": case.id}
    advance(ctx, graph, thread, state)
    put_back(ctx, graph, thread, state, LAST_BEFORE)
