"""How a skill becomes a node. A broken rule never ends the run: it ends the slot's trading, or holds up its delivery.

Before delivery the slot is stopped, with the reason on record; after it the slot waits until the rule is mended. What
failed outside is raised and tried again either way.
"""

from collections.abc import Callable
from typing import Any, Protocol

from langgraph.runtime import Runtime

from agents.state import SlotState
from domain.errors import InputRefused, RuleBroken
from services.context import TradeContext
from services.grid.grid_hold import require_not_held
from services.money.waiting import wait
from services.orders.gate import require_open

OWNER = "owner"
"""Under this name a node's metadata says who acts in it, where the node is not a whole agent's graph."""

Skill = Callable[[TradeContext, SlotState], dict[str, Any]]


class Node(Protocol):
    """What LangGraph calls: the state by position, the dependencies by name."""

    def __call__(self, state: SlotState, *, runtime: Runtime[TradeContext]) -> dict[str, Any]:
        """What changes in the state."""


NodeMaker = Callable[[str, Skill], Node]


def node(name: str, skill: Skill) -> Node:
    """The graph node that runs ``skill`` and answers a broken rule with where and why."""

    def run(state: SlotState, runtime: Runtime[TradeContext]) -> dict[str, Any]:
        try:
            return skill(runtime.context, state)
        except RuleBroken as broken:
            return {"stopped_at": name, "reason": _reason(broken)}

    run.__name__ = name
    return run


def trading_node(name: str, skill: Skill) -> Node:
    """A node before delivery: it also stops a slot whose gate has closed meanwhile, or that a grid operator holds."""

    def in_time(context: TradeContext, state: SlotState) -> dict[str, Any]:
        require_open(context, state["slot"], name)
        require_not_held(context, state["slot"], name)
        return skill(context, state)

    return node(name, in_time)


def delivery_node(name: str, skill: Skill) -> Node:
    """A node after delivery: what holds it up is put on record, and it is tried again."""

    def on_record(context: TradeContext, state: SlotState) -> dict[str, Any]:
        try:
            return skill(context, state)
        except RuleBroken as broken:
            wait(context, state["slot"], name, _reason(broken))
            raise

    return node(name, on_record)


def by_slot(service: Callable[[TradeContext, int], dict[str, Any]]) -> Skill:
    """A service of the slot as a skill: rules and arithmetic that no agent owns."""
    return lambda context, state: service(context, state["slot"])


def stopped(state: SlotState) -> bool:
    """Whether an earlier node met a broken rule."""
    return bool(state.get("stopped_at"))


def _reason(broken: RuleBroken) -> str:
    return "; ".join(map(str, broken.faults)) if isinstance(broken, InputRefused) else str(broken)
