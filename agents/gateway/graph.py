"""The Gateway agent's graphs: it reads before the trade, records after it, and meters after delivery."""

from agents.gateway.meter import meter
from agents.gateway.read import read
from agents.gateway.record import record
from agents.graph import AgentGraph, agent_graph
from agents.node import delivery_node


def read_graph() -> AgentGraph:
    return agent_graph("gateway", {"read": read})


def record_graph() -> AgentGraph:
    return agent_graph("gateway", {"record": record})


def meter_graph() -> AgentGraph:
    return agent_graph("gateway", {"meter": meter}, delivery_node)
