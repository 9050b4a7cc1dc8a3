"""The Memory agent's graphs: before the trade it recalls, after the settlement it learns."""

from agents.graph import AgentGraph, agent_graph
from agents.memory.learn import learn
from agents.memory.recall import recall
from agents.node import delivery_node


def recall_graph() -> AgentGraph:
    return agent_graph("memory", {"recall": recall})


def learn_graph() -> AgentGraph:
    return agent_graph("memory", {"learn": learn}, delivery_node)
