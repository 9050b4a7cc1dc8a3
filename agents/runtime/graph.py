"""The Runtime agent's graphs: from readings to orders, and from admitted orders to drafted contracts."""

from agents.graph import AgentGraph, agent_graph
from agents.runtime.bid import bid
from agents.runtime.clear import clear
from agents.runtime.draft import draft
from agents.runtime.forecast import forecast


def bid_graph() -> AgentGraph:
    return agent_graph("runtime", {"forecast": forecast, "bid": bid})


def clear_graph() -> AgentGraph:
    return agent_graph("runtime", {"clear": clear, "draft": draft})
