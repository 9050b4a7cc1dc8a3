"""One deal that is not standard, one durable thread: from two mandates to a contract that has cooled off.

    check mandates > talk > draw up > deliver > await consents > file > await record > see recorded
      > await cooling off > cool off

Each node does its work once under the deal's thread, however often LangGraph runs it; what the waiting nodes wait for
is read from rows. People consent, never a node. Review is that of every deal: the filed proposal is drafted, judged and
decided with the slot's contracts.
"""

from collections.abc import Callable
from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.node import OWNER
from agents.runtime.draw_up import draw_up, premises_of
from domain.errors import InputRefused
from memory.trading.papers import DealRow
from services.context import TradeContext
from services.deals.deal_parties import Invitation, parties
from services.deals.negotiating import negotiate
from services.papers.filing import cool_off, deliver, file, see_recorded


class DealThread(TypedDict, total=False):
    """A deal's thread: who was invited, and how it ended. What belongs to the deal itself lives in tables."""

    deal_id: str
    seller_site: str
    buyer_site: str
    slot: int
    months: int | None
    ended: str


DealGraph = CompiledStateGraph[DealThread, TradeContext, DealThread, DealThread]
Work = Callable[[TradeContext, DealThread], dict[str, Any]]


def first_state(deal: DealRow) -> DealThread:
    """With what a deal's thread begins."""
    return {
        "deal_id": deal.id,
        "seller_site": deal.seller_site,
        "buyer_site": deal.buyer_site,
        "slot": deal.slot,
        "months": deal.months,
    }


def _invitation(state: DealThread) -> Invitation:
    return Invitation(state["seller_site"], state["buyer_site"], state["slot"], state["months"])


def _check_mandates(ctx: TradeContext, state: DealThread) -> dict[str, Any]:
    try:
        parties(premises_of(ctx), _invitation(state))
    except InputRefused as refused:
        return {"ended": "; ".join(map(str, refused.faults))}
    return {}


def _talk(ctx: TradeContext, state: DealThread) -> dict[str, Any]:
    row = negotiate(premises_of(ctx), _invitation(state), files=False)
    return {} if row.proposal_id else {"ended": str(row.sheet["ending"])}


def _draw_up(ctx: TradeContext, state: DealThread) -> dict[str, Any]:
    return draw_up(ctx, _invitation(state))


def _waits(name: str) -> Callable[[DealThread], dict[str, Any]]:
    def wait(state: DealThread) -> dict[str, Any]:
        interrupt({"waits_for": name, "deal": state["deal_id"]})
        return {}

    return wait


def _by_deal(work: Callable[[TradeContext, str], dict[str, Any]]) -> Work:
    def run(ctx: TradeContext, state: DealThread) -> dict[str, Any]:
        output = work(ctx, state["deal_id"])
        return {"ended": output["ended"]} if "ended" in output else {}

    return run


def _node(work: Work) -> Any:
    def run(state: DealThread, runtime: Runtime[TradeContext]) -> dict[str, Any]:
        return work(runtime.context, state)

    return run


NODES: dict[str, tuple[str, Any]] = {
    "check_mandates": ("runtime", _node(_check_mandates)),
    "talk": ("runtime", _node(_talk)),
    "draw_up": ("runtime", _node(_draw_up)),
    "deliver": ("rules", _node(_by_deal(deliver))),
    "await_consents": ("people", _waits("both consents")),
    "file": ("rules", _node(_by_deal(file))),
    "await_record": ("people", _waits("review and record")),
    "see_recorded": ("rules", _node(_by_deal(see_recorded))),
    "await_cooling_off": ("people", _waits("the end of cooling-off")),
    "cool_off": ("rules", _node(_by_deal(cool_off))),
}


def deal_graph(checkpointer: BaseCheckpointSaver[str]) -> DealGraph:
    """The compiled graph. Wake a thread only when what it waits for is on record."""
    graph = StateGraph(DealThread, TradeContext)
    names = list(NODES)
    for name, (owner, node) in NODES.items():
        graph.add_node(name, node, metadata={OWNER: owner})
    graph.add_edge(START, names[0])
    for here, then in zip(names, [*names[1:], END], strict=True):
        if then == END:
            graph.add_edge(here, END)
        else:
            graph.add_conditional_edges(here, lambda state, go=then: END if state.get("ended") else go, [then, END])
    return graph.compile(checkpointer=checkpointer, name="deal")
