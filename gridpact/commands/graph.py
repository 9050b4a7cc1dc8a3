"""``gridpact graph``: the trading day as it is wired, drawn from the compiled graph itself."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


def run(options: argparse.Namespace) -> int:
    """Print the graphs as a picture in text, or as Mermaid with --json; with --svg write them as one drawing."""
    from gridpact.blueprint import blueprint
    from gridpact.drawing import draw
    from gridpact.picture import picture

    graphs = compiled()
    if options.svg:
        options.svg.write_text(picture({name: blueprint(graph) for name, graph in graphs.items()}), encoding="utf-8")
        print(json.dumps({"svg": str(options.svg)}) if options.json else f"the picture is in {options.svg}")
    elif options.json:
        print(json.dumps({name: graph.get_graph(xray=True).draw_mermaid() for name, graph in graphs.items()}))
    else:
        for name, graph in graphs.items():
            print(draw(name, blueprint(graph)))
    return 0


def compiled() -> "dict[str, CompiledStateGraph[Any, Any, Any, Any]]":
    """Every graph of the product by its name, compiled without a database."""
    from langgraph.checkpoint.memory import InMemorySaver

    from workflows.case import case_graph
    from workflows.trading_day import trading_day

    return {"trading_day": trading_day(InMemorySaver()), "case": case_graph(InMemorySaver())}
