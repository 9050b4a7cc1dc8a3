"""The graphs as one SVG, self-made and self-contained: owners by colour and by word, agents open to their own nodes.

A graph runs straight down. A node that many others may fall back to (``stopped``) stands beside the path, and dashed
lines lead there; its own ways lead back. The same graphs give the same bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from gridpact.blueprint import AGENTS, END, RULES, START, Place

ROW, CARD_HEIGHT, CARD_WIDTH, TOP, LEFT = 58, 40, 440, 92, 40
RAIL, ASIDE, ASIDE_WIDTH, GRAPH_WIDTH = 36, 84, 164, 736
FALLS_BACK_FROM = 3
LANE = 16

COLOURS = {  # fill, stroke, ink: the ink reads at 4.5 : 1 or better on the fill
    "runtime": ("#e3f0f2", "#005f73", "#00485a"),
    "memory": ("#efe8f8", "#6b3fa0", "#54307f"),
    "gateway": ("#ddf2ea", "#00674e", "#00523e"),
    "identity": ("#fdeadf", "#a63d00", "#8a3300"),
    RULES: ("#ffffff", "#8a948e", "#3d4742"),
    "people": ("#fbf1d3", "#7a5600", "#5f4300"),
    "meters": ("#fbf1d3", "#7a5600", "#5f4300"),
}
MEANINGS = {RULES: "rules and arithmetic, no agent", "people": "waits for people", "meters": "waits for the meters"}
STYLE = (
    "text{font-family:system-ui,'Noto Sans',sans-serif;font-size:14px;fill:#17201c}"
    ".title{font-size:20px;font-weight:700}.node{font-weight:700}.owner{font-size:12px}"
    ".way{fill:none;stroke:#17201c;stroke-width:1.6}.back{stroke:#a63d00;stroke-dasharray:5 4}"
)
ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
    for name, colour in (("to", "#17201c"), ("fall", "#a63d00"))
)


def picture(graphs: Mapping[str, Sequence[Place]]) -> str:
    """The graphs side by side with a legend under the last one, as the text of an SVG file."""
    parts = [_graph(title, places, LEFT + at * GRAPH_WIDTH) for at, (title, places) in enumerate(graphs.items())]
    rows = [len(places) for places in graphs.values()]
    legend = _legend(LEFT + (len(rows) - 1) * GRAPH_WIDTH, TOP + (rows[-1] + 1) * ROW)
    width = LEFT + (len(rows) - 1) * GRAPH_WIDTH + CARD_WIDTH + LEFT
    height = TOP + max(rows) * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="The graphs of Gridpact"><style>{STYLE}</style><defs>{ARROWS}</defs>\n'
        f'<rect width="{width}" height="{height}" fill="#f5f6f4"/>\n{"".join(parts)}{legend}</svg>\n'
    )


def fallback(places: Sequence[Place]) -> Place | None:
    """The node that at least three others may fall back to though it is not next; None when there is none."""
    later = Counter(way for here, then in pairwise(places) for way in here.ways if way != then.name)
    found = {place.name: place for place in places}
    name, times = later.most_common(1)[0] if later else ("", 0)
    return found[name] if times >= FALLS_BACK_FROM else None


def _graph(title: str, places: Sequence[Place], x: int) -> str:
    aside = fallback(places)
    path = [place for place in places if place is not aside]
    y = {place.name: TOP + row * ROW for row, place in enumerate(path)}
    parts = [f'<text class="title" x="{x}" y="56">{escape(title.replace("_", " "))}</text>']
    parts += [_card(place, x, y[place.name], CARD_WIDTH) for place in path]
    parts += [_ways(place, path[row + 1 :], y, x) for row, place in enumerate(path)]
    if aside:
        parts.append(_fallback(aside, path, y, x))
    return "\n".join(parts) + "\n"


def _card(place: Place, x: int, y: int, width: int) -> str:
    """A node: its owner's colour and word, its name, and the nodes inside."""
    if place.name in (START, END):
        middle = x + width // 2
        return (
            f'<rect x="{middle - 45}" y="{y + 6}" width="90" height="{CARD_HEIGHT - 12}" rx="14" fill="#17201c"/>'
            f'<text x="{middle}" y="{y + 25}" text-anchor="middle" style="fill:#fff">{place.name.strip("_")}</text>'
        )
    fill, stroke, ink = COLOURS[place.owner]
    parts = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{CARD_HEIGHT}" rx="8" fill="{fill}" stroke="{stroke}"/>',
        f'<text class="owner" x="{x + 12}" y="{y + 25}" style="fill:{ink}">{escape(place.owner)}</text>',
        f'<text class="node" x="{x + 80}" y="{y + 25}">{escape(place.name)}</text>',
    ]
    for at, name in enumerate(place.inside):
        left = x + 214 + at * 112
        parts.append(
            f'<rect x="{left}" y="{y + 7}" width="92" height="{CARD_HEIGHT - 14}" rx="13" fill="#fff" '
            f'stroke="{stroke}"/>'
            f'<text x="{left + 46}" y="{y + 25}" text-anchor="middle">{escape(name)}</text>'
        )
        if at:
            parts.append(f'<path class="way" d="M{left - 20} {y + 20}H{left - 2}" marker-end="url(#to)"/>')
    return "".join(parts)


def _ways(place: Place, later: Sequence[Place], y: Mapping[str, int], x: int) -> str:
    """Down to the next node, and around on the left to one further down."""
    parts = []
    for target in later:
        if target.name in place.ways and target is later[0]:
            middle, start = x + CARD_WIDTH // 2, y[place.name] + CARD_HEIGHT - (6 if place.name == START else 0)
            end = y[target.name] + (6 if target.name == END else 0)
            parts.append(f'<path class="way" d="M{middle} {start}V{end}" marker-end="url(#to)"/>')
        elif target.name in place.ways:
            here, there = y[place.name] + CARD_HEIGHT // 2, y[target.name] + CARD_HEIGHT // 2
            parts.append(f'<path class="way" d="M{x} {here}h-{LANE}V{there}H{x}" marker-end="url(#to)"/>')
    return "".join(parts)


def _fallback(aside: Place, path: Sequence[Place], y: Mapping[str, int], x: int) -> str:
    """The node beside the path, at the height of the first node it leads back to, and the lines to and from it."""
    right, back = x + CARD_WIDTH, [place.name for place in path if place.name in aside.ways]
    rail, left, top = right + RAIL, right + ASIDE, y[back[0]]
    half = CARD_HEIGHT // 2
    falling = [y[place.name] + half for place in path if aside.name in place.ways]
    parts = [f'<path class="way back" d="M{right} {each}H{rail}"/>' for each in falling]
    parts.append(f'<path class="way back" d="M{rail} {min(falling)}V{max(falling)}"/>')
    parts.append(f'<path class="way back" d="M{rail} {top + half - 8}H{left}" marker-end="url(#fall)"/>')
    parts.append(f'<path class="way" d="M{left} {top + half + 8}H{right}" marker-end="url(#to)"/>')
    for name in back[1:]:
        parts.append(
            f'<path class="way" d="M{left + ASIDE_WIDTH // 2} {top + CARD_HEIGHT}V{y[name] + half}'
            f'H{right - CARD_WIDTH // 2 + 45}" marker-end="url(#to)"/>'
        )
    return "\n".join([*parts, _card(aside, left, top, ASIDE_WIDTH)])


def _legend(x: int, y: int) -> str:
    parts = [f'<text class="title" x="{x}" y="{y}">Who acts</text>']
    for row, (owner, (fill, stroke, _)) in enumerate(COLOURS.items()):
        top = y + 18 + row * 34
        said = f"the {owner.title()} agent, with its own nodes" if owner in AGENTS else MEANINGS[owner]
        parts.append(
            f'<rect x="{x}" y="{top}" width="84" height="24" rx="6" fill="{fill}" stroke="{stroke}"/>'
            f'<text class="owner" x="{x + 12}" y="{top + 16}">{owner}</text>'
            f'<text x="{x + 98}" y="{top + 17}">{escape(said)}</text>'
        )
    top = y + 30 + len(COLOURS) * 34
    parts.append(
        f'<path class="way back" d="M{x} {top}h84" marker-end="url(#fall)"/>'
        f'<text x="{x + 98}" y="{top + 5}">a rule is broken: trading of the slot ends there</text>'
    )
    return "\n".join(parts) + "\n"
