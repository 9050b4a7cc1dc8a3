"""How a skill becomes a node: a rule that is broken ends the slot's trading there, with its reason on record."""

from collections.abc import Callable
from typing import Any, Protocol

from langgraph.runtime import Runtime

from agents.state import SlotState
from domain.errors import InputRefused, RuleBroken
from services.context import TradeContext

OWNER = "owner"
"""Under this name a node's metadata says who acts in it, where the node is not a whole agent's graph."""

Skill = Callable[[TradeContext, SlotState], dict[str, Any]]


class Node(Protocol):
    """What LangGraph calls: the state by position, the dependencies by name."""

    def __call__(self, state: SlotState, *, runtime: Runtime[TradeContext]) -> dict[str, Any]:
        """What changes in the state."""


def node(name: str, skill: Skill) -> Node:
    """The graph node that runs ``skill``. A broken rule stops the slot; what failed outside is raised and retried."""

    def run(state: SlotState, runtime: Runtime[TradeContext]) -> dict[str, Any]:
        try:
            return skill(runtime.context, state)
        except RuleBroken as broken:
            reason = "; ".join(map(str, broken.faults)) if isinstance(broken, InputRefused) else str(broken)
            return {"stopped_at": name, "reason": reason}

    run.__name__ = name
    return run


def by_slot(service: Callable[[TradeContext, int], dict[str, Any]]) -> Skill:
    """A service of the slot as a skill: rules and arithmetic that no agent owns."""
    return lambda context, state: service(context, state["slot"])


def stopped(state: SlotState) -> bool:
    """Whether an earlier node of this slot ended its trading."""
    return bool(state.get("stopped_at"))
