"""The feeder as a drawing: a tree with its root at the left, a branch as wide as it is loaded, a node in its price.

A node's first branch goes on in the same row, every other one opens a row of its own below, in the feeder's order, so
no two lines cross. Coordinates are whole numbers on a canvas that is not stretched; y counts downward. Colours are the
style sheet's: a shape names a shade of price, from 0 (cheapest) to SHADES - 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.quantity import PERMILLE
from review_ui import formats
from review_ui.feeder_day import FeederDay, FeederSlot
from review_ui.feeder_words import FEEDER

COLUMN, ROW, MARGIN = 40, 44, 24
SHADES = 6
NO_PRICE = "none"
WIDTH_LEAST, WIDTH_MOST = 2, 12
MARKS_A_ROW = 4
MARK = 10


class Place(NamedTuple):
    """Where a node stands: branches from the root, and row."""

    depth: int
    row: int


class Mark(NamedTuple):
    """A site at its node: ``sold``, ``bought`` or ``still``, as SVG path data."""

    kind: str
    path: str


class Knot(NamedTuple):
    """A node with the branch above it and its sites. riser: the thin way down from the parent's row, which branches of
    one parent share; path: the branch itself. Both are path data, as is symbol, an arrow on a full branch, and may be
    empty. kind: ``flows``, ``idle``, or a full branch's state. hint: for the pointer, a line each."""

    x: int
    y: int
    shade: str
    riser: str
    path: str
    kind: str
    width: int
    symbol: str
    marks: tuple[Mark, ...]
    hint: str


class Shade(NamedTuple):
    """A step of the legend."""

    shade: str
    text: str


class FeederMap(NamedTuple):
    """The drawing of every slot shown, on one canvas, and the legend that they share."""

    width: int
    height: int
    slots: tuple[tuple[Knot, ...], ...]
    legend: tuple[Shade, ...]


class PriceScale(NamedTuple):
    """Shades of equal width from the lowest price to the highest, both included."""

    low_mjpy_per_kwh: int
    high_mjpy_per_kwh: int

    def shade(self, price_mjpy_per_kwh: int) -> int:
        """Which step a price is in, rounded down."""
        return (price_mjpy_per_kwh - self.low_mjpy_per_kwh) * SHADES // self._span

    def steps(self) -> list[tuple[int, int, int]]:
        """Shade, lowest and highest price of each step that holds a price."""
        ends = [self.low_mjpy_per_kwh - (-shade * self._span // SHADES) for shade in range(SHADES + 1)]
        return [(shade, ends[shade], ends[shade + 1] - 1) for shade in range(SHADES) if ends[shade] < ends[shade + 1]]

    @property
    def _span(self) -> int:
        return self.high_mjpy_per_kwh - self.low_mjpy_per_kwh + 1


def draw_feeder(day: FeederDay, language: str) -> FeederMap:
    """Every slot shown, with one scale of prices."""
    place = places(day.parent)
    traded = [slot for slot in day.shown if slot.traded]
    prices = [price for slot in traded for price in slot.price_mjpy_per_kwh]
    scale = PriceScale(min(prices), max(prices)) if prices else None
    return FeederMap(
        width=2 * MARGIN + COLUMN * max(each.depth for each in place),
        height=2 * MARGIN + ROW * max(each.row for each in place),
        slots=tuple(_knots(day, slot, place, scale, language) for slot in day.shown),
        legend=_legend(scale, language) if scale else (),
    )


def places(parent: Sequence[int]) -> list[Place]:
    """Each node's place. parent: by node, above its children, -1 for the root."""
    found, rows, begun = [Place(0, 0)], 1, set[int]()
    for up in parent[1:]:
        row = rows if up in begun else found[up].row
        rows += up in begun
        begun.add(up)
        found.append(Place(found[up].depth + 1, row))
    return found


def loading_permille(flow_wh: int, limit_wh: int) -> int:
    """The share of its limit that a branch carries, rounded down; nothing where it may carry nothing."""
    return abs(flow_wh) * PERMILLE // limit_wh if limit_wh else 0


def _knots(
    day: FeederDay, slot: FeederSlot, place: list[Place], scale: PriceScale | None, language: str
) -> tuple[Knot, ...]:
    sites: dict[int, list[int]] = {}
    for site, node in enumerate(day.site_node):
        sites.setdefault(node, []).append(site)
    return tuple(_knot(day, slot, place, node, sites.get(node, []), scale, language) for node in range(len(place)))


def _knot(
    day: FeederDay,
    slot: FeederSlot,
    place: list[Place],
    node: int,
    sites: list[int],
    scale: PriceScale | None,
    language: str,
) -> Knot:
    x, y = _at(place[node])
    up = _at(place[day.parent[node]]) if node else (x, y)
    loaded = loading_permille(slot.flow_wh[node], day.limit_wh[node])
    kind = slot.full.get(node, "flows" if slot.flow_wh[node] else "idle")
    return Knot(
        x=x,
        y=y,
        shade=str(scale.shade(slot.price_mjpy_per_kwh[node])) if scale and slot.traded else NO_PRICE,
        riser=f"M{up[0]} {up[1]}V{y}" if up[1] != y else "",
        path=f"M{up[0]} {y}H{x}" if node else "",
        kind=kind,
        width=WIDTH_LEAST + (WIDTH_MOST - WIDTH_LEAST) * loaded // PERMILLE,
        symbol=_arrow(x - COLUMN // 2, y, slot.flow_wh[node]) if node in slot.full else "",
        marks=tuple(_mark(slot, site, number, x, y) for number, site in enumerate(sites)),
        hint="\n".join(_hint(day, slot, node, sites, language)),
    )


def _at(place: Place) -> tuple[int, int]:
    return MARGIN + COLUMN * place.depth, MARGIN + ROW * place.row


def _arrow(x: int, y: int, flow_wh: int) -> str:
    """Towards the leaves to the right, towards the root to the left."""
    way = 8 if flow_wh > 0 else -8
    return f"M{x + way} {y}L{x - way} {y - 9}V{y + 9}z"


def _mark(slot: FeederSlot, site: int, number: int, x: int, y: int) -> Mark:
    """Side by side above the node: a seller points up, a buyer down, who does neither is a dash."""
    left = x - 5 + MARK * (number % MARKS_A_ROW)
    top = y - 20 - MARK * (number // MARKS_A_ROW)
    if slot.sold_wh[site]:
        return Mark("sold", f"M{left} {top + 9}h10l-5-9z")
    if slot.bought_wh[site]:
        return Mark("bought", f"M{left} {top}h10l-5 9z")
    return Mark("still", f"M{left + 2} {top + 4}h6v2h-6z")


def _hint(day: FeederDay, slot: FeederSlot, node: int, sites: list[int], language: str) -> list[str]:
    price = slot.price_mjpy_per_kwh[node] if slot.traded else None
    lines = [f"{day.names[node]}  {formats.price(price, language)}"]
    if node:
        loaded = loading_permille(slot.flow_wh[node], day.limit_wh[node])
        full = f"  {FEEDER[slot.full[node]].say(language)}" if node in slot.full else ""
        flow_wh = abs(slot.flow_wh[node])
        lines.append(
            f"{day.branch_names[node]}  {flow_wh:,} / {day.limit_wh[node]:,} Wh  {loaded // 10}.{loaded % 10} %{full}"
        )
    return lines + [f"{day.site_ids[site]}  {traded(slot, site, language)}" for site in sites]


def traded(slot: FeederSlot, site: int, language: str) -> str:
    """What a site sold or bought in a slot, in words; a dash when neither."""
    if slot.sold_wh[site]:
        return f"{FEEDER['sold'].say(language)} {slot.sold_wh[site]:,} Wh"
    if slot.bought_wh[site]:
        return f"{FEEDER['bought'].say(language)} {slot.bought_wh[site]:,} Wh"
    return formats.MISSING


def _legend(scale: PriceScale, language: str) -> tuple[Shade, ...]:
    """Steps as ``¥14.54/kWh – ¥14.60/kWh``, one price alone where a step holds no other."""
    return tuple(
        Shade(str(shade), " – ".join(dict.fromkeys(formats.price(price, language) for price in (low, high))))
        for shade, low, high in scale.steps()
    )
