"""Charts as plain geometry: what to draw where, for the templates to turn into SVG.

Every chart lies on a canvas of 10,000 x 10,000 that the page stretches to any width, so one drawing serves desktop and
phone; texts stand beside the canvas as HTML and keep their size. Coordinates are whole numbers, rounded half down,
y counts downward. A chart never decides a colour: it names a series, the style sheet paints it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

CANVAS = 10_000
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
TICKS_MAX = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle on the canvas."""

    series: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line: SVG path data with one move per unbroken run."""

    series: str
    path: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a share of the axis, 0 to 10,000."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing. ``zero`` is where the axis runs; ``hints`` are one text a column, for the pointer."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    zero: int
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a y coordinate; ``low`` and ``high`` are the ends of the axis in the values' own unit."""

    low: int
    high: int

    def y(self, value: int) -> int:
        return CANVAS * (self.high - value) // (self.high - self.low)


def axis(low: int, high: int, unit: int) -> tuple[Scale, tuple[Tick, ...]]:
    """A scale with round ends around the values and its ticks, written in multiples of ``unit``."""
    step = next((s for s in _steps(unit) if (high - low) <= s * (TICKS_MAX - 1)), None)
    assert step is not None, "steps grow without end"
    first, last = low // step, max(-(-high // step), low // step + 1)
    scale = Scale(first * step, last * step)
    marks = (mark * step for mark in range(first, last + 1))
    return scale, tuple(Tick(scale.y(value), _in_units(value, unit)) for value in marks)


def stacked(parts: Sequence[tuple[str, Sequence[int]]], scale: Scale) -> list[Bar]:
    """Bars on top of each other, one stack a column, in the order of the parts. Empty parts draw nothing."""
    bars, base = [], [0] * len(parts[0][1])
    for series, values in parts:
        for column, value in enumerate(values):
            if value > 0:
                bars.append(_bar(series, column, len(base), scale, base[column], base[column] + value))
                base[column] += value
    return bars


def below(series: str, values: Sequence[int], scale: Scale) -> list[Bar]:
    """Bars that hang from the axis."""
    return [_bar(series, column, len(values), scale, -value, 0) for column, value in enumerate(values) if value > 0]


def signed(values: Sequence[int], scale: Scale, above: str, under: str) -> list[Bar]:
    """One bar a value, upward or downward from the axis."""
    return [
        _bar(above if value > 0 else under, column, len(values), scale, min(value, 0), max(value, 0))
        for column, value in enumerate(values)
        if value
    ]


def trace(series: str, values: Sequence[int | None], scale: Scale) -> Line:
    """A line through the middle of the columns, broken where there is no value; a lone value is a dot."""
    runs = []
    for known, run in groupby(enumerate(values), key=lambda item: item[1] is not None):
        if known:
            points = [f"{_middle(column, len(values))} {scale.y(value)}" for column, value in run if value is not None]
            runs.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return Line(series, "".join(runs))


def steps(series: str, values: Sequence[int | None], scale: Scale) -> Line:
    """A level line for each column, joined where neighbours both have a value."""
    runs = []
    for known, run in groupby(enumerate(values), key=lambda item: item[1] is not None):
        if known:
            ends = (
                f"{_edge(column + side, len(values))} {scale.y(value)}"
                for column, value in run
                if value is not None
                for side in (0, 1)
            )
            runs.append("M" + "L".join(ends))
    return Line(series, "".join(runs))


def band(series: str, low: Sequence[int], high: Sequence[int], scale: Scale) -> list[Bar]:
    """A filled strip between two columns of values, without gaps between the columns."""
    return [
        Bar(
            series,
            _edge(column, len(low)),
            scale.y(high[column]),
            _edge(column + 1, len(low)) - _edge(column, len(low)),
            scale.y(low[column]) - scale.y(high[column]),
        )
        for column in range(len(low))
    ]


def time_ticks(labels: Sequence[str]) -> tuple[Tick, ...]:
    """Every six hours on one day, every midnight on several. Labels are ``2026-05-20 13:00``."""
    days = {label[:10] for label in labels}
    wanted = ("00:00",) if len(days) > 2 else ("00:00", "06:00", "12:00", "18:00")
    return tuple(
        Tick(_edge(column, len(labels)), label[5:10] if len(days) > 2 else label[11:])
        for column, label in enumerate(labels)
        if label[11:] in wanted
    )


def _steps(unit: int) -> Sequence[int]:
    return [max(1, step * unit * 10**power // 100) for power in range(0, 24, 3) for step in STEPS]


def _in_units(value: int, unit: int) -> str:
    return f"{value / unit:,.10g}".replace("-", "−")


def _edge(column: int, columns: int) -> int:
    return CANVAS * column // columns


def _middle(column: int, columns: int) -> int:
    return CANVAS * (2 * column + 1) // (2 * columns)


def _bar(series: str, column: int, columns: int, scale: Scale, low: int, high: int) -> Bar:
    left, right = _edge(column, columns), _edge(column + 1, columns)
    gap = (right - left) // 6
    top, bottom = scale.y(high), scale.y(low)
    return Bar(series, left + gap, top, max(right - left - gap, 1), max(bottom - top, 1))
