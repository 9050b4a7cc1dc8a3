"""The Identity agent's graph: every order passes it before the book is cleared."""

from agents.graph import AgentGraph, agent_graph
from agents.identity.screen import screen


def screen_graph() -> AgentGraph:
    return agent_graph("identity", {"screen": screen})
