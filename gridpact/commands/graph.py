"""``gridpact graph``: the trading day as it is wired, drawn from the compiled graph itself."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


def run(options: argparse.Namespace) -> int:
    """Print the graph as a picture in text, or as Mermaid with --json."""
    from langgraph.checkpoint.memory import InMemorySaver

    from gridpact.drawing import draw
    from workflows.case import case_graph
    from workflows.trading_day import trading_day

    graphs: dict[str, CompiledStateGraph[Any, Any, Any, Any]] = {
        "trading_day": trading_day(InMemorySaver()),
        "case": case_graph(InMemorySaver()),
    }
    if options.json:
        print(json.dumps({name: graph.get_graph(xray=True).draw_mermaid() for name, graph in graphs.items()}))
        return 0
    for name, graph in graphs.items():
        print(draw(name, graph.get_graph()))
    return 0
