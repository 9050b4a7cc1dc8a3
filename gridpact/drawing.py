"""A graph as a picture in text: the main path straight down, every other way out beside its node."""

from langchain_core.runnables.graph import Edge, Graph

NODE_WIDTH = 18


def draw(title: str, graph: Graph) -> str:
    """The graph as lines. The way to the node below is drawn down, every other way out to the right."""
    order = list(graph.nodes)
    lines = [f"{title}", ""]
    for place, name in enumerate(order):
        following = order[place + 1] if place + 1 < len(order) else None
        targets = [edge.target for edge in _edges(graph, name)]
        aside = [target.strip("_") for target in targets if target != following]
        lines.append(f"  [{name.strip('_'):^{NODE_WIDTH}}]" + (f" --> {', '.join(aside)}" if aside else ""))
        if following is not None:
            lines.append(" " * (NODE_WIDTH // 2 + 3) + ("|" if following in targets else ""))
    return "\n".join(lines) + "\n"


def _edges(graph: Graph, name: str) -> list[Edge]:
    return [edge for edge in graph.edges if edge.source == name]
