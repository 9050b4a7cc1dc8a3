"""How an agent's skills become its graph: a chain of nodes with typed input and output, left early when one stops."""

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.node import NodeMaker, Skill, stopped, trading_node
from agents.state import SlotInput, SlotState
from services.context import TradeContext

AgentGraph = CompiledStateGraph[SlotState, TradeContext, SlotInput, SlotState]


def agent_graph(name: str, skills: dict[str, Skill], make: NodeMaker = trading_node) -> AgentGraph:
    """The compiled subgraph of one agent: its skills in order, by node name. make: how a skill becomes a node."""
    graph = StateGraph(SlotState, TradeContext, input_schema=SlotInput, output_schema=SlotState)
    names = list(skills)
    for skill_name, skill in skills.items():
        graph.add_node(skill_name, make(skill_name, skill))
    graph.add_edge(START, names[0])
    for here, then in zip(names, [*names[1:], END], strict=True):
        if then == END:
            graph.add_edge(here, END)
        else:
            graph.add_conditional_edges(here, lambda state, go=then: END if stopped(state) else go, [then, END])
    return graph.compile(name=name)
