"""A graph as a picture in text: the main path straight down, inside each agent its own nodes, other ways out beside."""

from collections.abc import Sequence

from gridpact.blueprint import Place

NODE_WIDTH = 18
OWNER_WIDTH = 10
INSIDE_WIDTH = 30


def draw(title: str, places: Sequence[Place]) -> str:
    """The graph as lines of at most 100 columns. The way to the node below is drawn down, every other to the right."""
    lines = [title, "", f"  {'owner':{OWNER_WIDTH}}{'node':^{NODE_WIDTH + 4}}  inside the agent"]
    for place, following in zip(places, [*(each.name for each in places[1:]), None], strict=True):
        lines.append(_row(place, following))
        if following is not None:
            below = "|" if following in place.ways else ""
            lines.append(" " * (OWNER_WIDTH + NODE_WIDTH // 2 + 3) + below if below else "")
    return "\n".join(lines) + "\n"


def _row(place: Place, following: str | None) -> str:
    """Owner, node, the nodes inside, and the ways out that do not lead to the row below."""
    inside = f"( {' > '.join(place.inside)} )" if place.inside else ""
    aside = ", ".join(way.strip("_") for way in place.ways if way != following)
    row = f"  {place.owner:{OWNER_WIDTH}}[ {place.name.strip('_'):^{NODE_WIDTH}} ]  {inside:{INSIDE_WIDTH}}"
    return f"{row}--> {aside}" if aside else row.rstrip()
