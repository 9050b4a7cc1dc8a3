"""The charts of the day report: which columns become which shapes.

The bars of the energy chart are physical: own roof and battery, what neighbours share inside the feeder, and what the
feeder draws from outside add up to what was used. Inside the shared part, the traded part is told apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.quantity import MJPY_PER_JPY, UJPY_PER_JPY, WH_PER_KWH
from review_ui import charts, formats
from review_ui.charts import Chart
from review_ui.day import SiteSaving, SlotColumns
from review_ui.words import PAGE


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage's seconds and its width against the longest stage, 0 to 10,000."""

    name: str
    text: str
    width: int


def flows(day: SlotColumns, language: str) -> Chart:
    """Energy by slot: what was used and where it came from, what was generated, what left the feeder."""
    both = list(zip(day.import_wh, day.export_wh, strict=True))
    shared = [min(drawn, given) for drawn, given in both]
    supply = [
        ("own", [max(used - drawn, 0) for used, drawn in zip(day.load_wh, day.import_wh, strict=True)]),
        ("traded", list(day.traded_wh)),
        ("shared", [max(inside - sold, 0) for inside, sold in zip(shared, day.traded_wh, strict=True)]),
        ("feeder_import", [max(drawn - given, 0) for drawn, given in both]),
    ]
    left = [max(given - drawn, 0) for drawn, given in both]
    highest = max(*(sum(column) for column in zip(*(part for _, part in supply), strict=True)), *day.pv_wh, 1)
    scale, ticks = charts.axis(-max(left), highest, WH_PER_KWH)
    return Chart(
        bars=(*charts.stacked(supply, scale), *charts.below("feeder_export", left, scale)),
        lines=(charts.trace("pv", day.pv_wh, scale), charts.trace("load", day.load_wh, scale)),
        x_ticks=charts.time_ticks(day.labels),
        y_ticks=ticks,
        zero=scale.y(0),
        hints=_flow_hints(day.labels, [*supply, ("feeder_export", left), ("pv", day.pv_wh)], language),
    )


def prices(day: SlotColumns, language: str) -> Chart:
    """Price by slot inside the corridor, with the wholesale price to compare."""
    known = [price for price in day.wholesale_mjpy_per_kwh if price is not None]
    scale, ticks = charts.axis(0, max(*day.cap_mjpy_per_kwh, *known, 1), MJPY_PER_JPY)
    return Chart(
        bars=tuple(charts.band("corridor", day.floor_mjpy_per_kwh, day.cap_mjpy_per_kwh, scale)),
        lines=(
            charts.steps("limit", day.floor_mjpy_per_kwh, scale),
            charts.steps("limit", day.cap_mjpy_per_kwh, scale),
            charts.trace("wholesale", day.wholesale_mjpy_per_kwh, scale),
            charts.steps("price", day.price_mjpy_per_kwh, scale),
        ),
        x_ticks=charts.time_ticks(day.labels),
        y_ticks=ticks,
        zero=scale.y(0),
        hints=tuple(
            f"{label}  {formats.price(price, language)}"
            for label, price in zip(day.labels, day.price_mjpy_per_kwh, strict=True)
        ),
    )


def savings(sites: Sequence[SiteSaving], language: str) -> Chart:
    """One bar a site in the given order; losses hang below the axis."""
    values = [site.saving_ujpy for site in sites]
    scale, ticks = charts.axis(min(*values, 0), max(*values, 1), UJPY_PER_JPY)
    return Chart(
        bars=tuple(charts.signed(values, scale, "saving", "loss")),
        lines=(),
        x_ticks=(),
        y_ticks=ticks,
        zero=scale.y(0),
        hints=tuple(f"{site.site_id}  {formats.money(site.saving_ujpy, language)}" for site in sites),
    )


def stages(stages_s: Mapping[str, float]) -> list[StageBar]:
    """Bars of seconds, longest = full width."""
    longest = max(stages_s.values(), default=0) or 1
    return [
        StageBar(name, f"{duration_s:,.2f} s", int(charts.CANVAS * duration_s / longest))
        for name, duration_s in stages_s.items()
    ]


def _flow_hints(labels: Sequence[str], parts: Sequence[tuple[str, Sequence[int]]], language: str) -> tuple[str, ...]:
    return tuple(
        "\n".join(
            [label, *(f"{PAGE[series].say(language)} {formats.energy(part[i])}" for series, part in parts if part[i])]
        )
        for i, label in enumerate(labels)
    )
