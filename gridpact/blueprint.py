"""A compiled graph as rows to draw: every node with its owner, the nodes inside it, and its ways out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

AGENTS = ("runtime", "memory", "gateway", "identity")
RULES = "rules"
START, END = "__start__", "__end__"


@dataclass(frozen=True, slots=True)
class Place:
    """One node. owner: an agent, ``rules``, or who is waited for; empty at start and end. inside: the nodes of the
    agent's own graph, in order. ways: the names that may follow."""

    name: str
    owner: str
    inside: tuple[str, ...]
    ways: tuple[str, ...]


def blueprint(graph: "CompiledStateGraph[Any, Any, Any, Any]") -> tuple[Place, ...]:
    """The nodes in the order they were added, start first and end last. An agent's graph bears the agent's name."""
    from agents.node import OWNER

    drawn = graph.get_graph()
    inner = dict(graph.get_subgraphs())
    places = []
    for name, node in drawn.nodes.items():
        part = inner.get(name)
        inside = tuple(each for each in part.get_graph().nodes if each not in (START, END)) if part else ()
        owner = str(part.name) if part else str((node.metadata or {}).get(OWNER, RULES))
        ways = tuple(edge.target for edge in drawn.edges if edge.source == name)
        places.append(Place(name, "" if name in (START, END) else owner, inside, ways))
    return tuple(places)
