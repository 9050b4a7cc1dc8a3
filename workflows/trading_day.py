"""The trading day: one graph run per market and slot, rows inside the nodes.

    open > recall > read > bid > screen > clear > review > (await decisions) > book > record > await delivery
         > meter > settle > close > learn

The first half runs when the slot's book closes, two hours before delivery. Trades that people must decide hold it, at
most until contracts must be done; then the run waits, durably, in ``await_delivery``; the second half runs when the
slot's readings are in. A rule that is broken before delivery ends the slot's trading there (``stopped``): its metering
and its settlement at the utility's terms still happen. One that is broken after delivery leads back to
``await_delivery``, with the reason on record: what was delivered is billed once the rule is mended, never forgotten.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from agents.gateway.graph import meter_graph, read_graph, record_graph
from agents.identity.graph import screen_graph
from agents.memory.graph import learn_graph, recall_graph
from agents.node import OWNER, by_slot, delivery_node, node, stopped, trading_node
from agents.runtime.graph import bid_graph, clear_graph
from agents.state import SlotState
from services.cases.review import review
from services.context import TradeContext
from services.money.booking import book
from services.money.closing import close_day
from services.money.settling import settle
from services.money.stopping import stop_slot
from services.opening import open_slot

TradingDay = CompiledStateGraph[SlotState, TradeContext, SlotState, SlotState]

TO_REVIEW = ("open", "recall", "read", "bid", "screen", "clear", "review")
TO_DELIVERY = ("book", "record", "await_delivery")
AFTER_DELIVERY = ("meter", "settle", "close", "learn")


def await_decisions(state: SlotState) -> dict[str, Any]:
    """Wait until every case of the slot is closed, by people or by its deadline. Holds nothing else."""
    interrupt({"waits_for": "decisions", "slot": state["slot"]})
    return {}


def await_delivery(state: SlotState) -> dict[str, Any]:
    """Wait until the slot is delivered and metered. Holds nothing else: it runs again at every resume.

    What stopped the slot, or held up its delivery, is on record by now and no longer leads the way.
    """
    interrupt({"waits_for": "metering", "slot": state["slot"]})
    return {"stopped_at": "", "reason": ""}


def trading_day(checkpointer: BaseCheckpointSaver[str]) -> TradingDay:
    """The compiled graph. Invoke with ``durability="sync"`` and the thread of the slot."""
    graph = StateGraph(SlotState, TradeContext)
    graph.add_node("open", trading_node("open", by_slot(open_slot)))
    graph.add_node("recall", recall_graph())
    graph.add_node("read", read_graph())
    graph.add_node("bid", bid_graph())
    graph.add_node("screen", screen_graph())
    graph.add_node("clear", clear_graph())
    graph.add_node("review", trading_node("review", by_slot(review)))
    graph.add_node("await_decisions", await_decisions, metadata={OWNER: "people"})
    graph.add_node("book", trading_node("book", by_slot(book)))
    graph.add_node("record", record_graph())
    graph.add_node("await_delivery", await_delivery, metadata={OWNER: "meters"})
    graph.add_node("meter", meter_graph())
    graph.add_node("settle", delivery_node("settle", by_slot(settle)))
    graph.add_node("close", delivery_node("close", by_slot(close_day)))
    graph.add_node("learn", learn_graph())
    graph.add_node("stopped", node("stopped", stop))
    graph.add_edge(START, "open")
    for here, then in pairwise(TO_REVIEW):
        graph.add_conditional_edges(here, _unless_stopped(then), [then, "stopped"])
    graph.add_conditional_edges("review", _after_review, ["await_decisions", "book", "stopped"])
    graph.add_edge("await_decisions", "book")
    for here, then in pairwise(TO_DELIVERY):
        graph.add_conditional_edges(here, _unless_stopped(then), [then, "stopped"])
    graph.add_edge("stopped", "await_delivery")
    graph.add_edge("await_delivery", "meter")
    for here, then in pairwise((*AFTER_DELIVERY, END)):
        graph.add_conditional_edges(here, _unless_stopped(then, "await_delivery"), [then, "await_delivery"])
    return graph.compile(checkpointer=checkpointer, name="trading_day")


def stop(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Undo what the chain does not hold yet and keep the reason."""
    return stop_slot(ctx, state["slot"], state["stopped_at"], state["reason"])


def _after_review(state: SlotState) -> str:
    if stopped(state):
        return "stopped"
    return "await_decisions" if state.get("escalated") else "book"


def _unless_stopped(then: str, otherwise: str = "stopped") -> Callable[[SlotState], str]:
    return lambda state: otherwise if stopped(state) else then
