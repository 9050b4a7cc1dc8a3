"""Geometry of the charts: what is drawn is what was measured."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_day import KPI, columns

from domain.quantity import WH_PER_KWH
from review_ui import charts, drawings, figures, formats
from review_ui.charts import CANVAS
from review_ui.words import PAGE, Words

amounts = st.integers(0, 10**9)


@given(low=st.integers(-(10**9), 0), high=st.integers(0, 10**9))
def test_an_axis_holds_its_values_between_round_ends(low: int, high: int) -> None:
    """No bar leaves the canvas, and a reader finds at most nine ticks that run downward."""
    scale, ticks = charts.axis(low, high, WH_PER_KWH)
    assert scale.low <= low <= high <= scale.high
    assert 0 <= scale.y(high) <= scale.y(low) <= CANVAS
    assert 2 <= len(ticks) <= charts.TICKS_MAX + 2
    assert [tick.at for tick in ticks] == sorted((tick.at for tick in ticks), reverse=True)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=60))
def test_stacked_bars_reach_the_sum(parts: list[tuple[int, int]]) -> None:
    """The top of a stack is the sum of its parts, to the pixel of the canvas."""
    first, second = [a for a, _ in parts], [b for _, b in parts]
    scale, _ = charts.axis(0, max(a + b for a, b in parts) or 1, WH_PER_KWH)
    bars = charts.stacked([("own", first), ("traded", second)], scale)
    tops = [bar.y for bar in bars]
    assert min(tops, default=scale.y(0)) == scale.y(max(a + b for a, b in parts))
    assert len(bars) == sum(value > 0 for value in first + second)


def test_sources_of_a_slot_add_up_to_what_was_used() -> None:
    """Own, traded, shared and feeder import are the whole use: a bar never hides a kWh."""
    day = columns()
    chart = drawings.flows(day, "en")
    scale, _ = charts.axis(
        -max(max(e - i, 0) for i, e in zip(day.import_wh, day.export_wh, strict=True)), max(day.pv_wh), WH_PER_KWH
    )
    up = {bar.x: 0 for bar in chart.bars}
    for bar in chart.bars:
        up[bar.x] = min(up[bar.x] or CANVAS, bar.y)
    tops = [up[x] for x in sorted(up)]
    assert all(abs(top - scale.y(load)) <= 3 for top, load in zip(tops, day.load_wh, strict=True))


def test_a_line_breaks_where_nothing_is_known() -> None:
    """A price that nobody paid is not drawn; a lone price is a dot."""
    scale, _ = charts.axis(0, 10, 1)
    assert charts.trace("price", [1, 2, None, 3], scale).path.count("M") == 2
    assert charts.steps("price", [None, None], scale).path == ""


def test_losses_hang_below_the_axis() -> None:
    """Who lost money is not drawn as if they had saved it."""
    scale, _ = charts.axis(-5, 10, 1)
    up, down = charts.signed([10, 0, -5], scale, "saving", "loss")
    assert (up.series, down.series) == ("saving", "loss")
    assert up.y + up.height == down.y == scale.y(0)


def test_no_figure_is_rounded_up_to_its_goal() -> None:
    """99.996 % is not 100 %, and 0.0124 s is not 0.012 s."""
    assert formats.share(Decimal("0.99996")) == "99.99 %"
    assert formats.seconds(Decimal("0.0124001")) == "0.013 s"
    assert formats.money(-50_000, "ja") == "−0.1円"
    assert formats.yen(Decimal("1234.5"), "en") == "¥1,234"
    assert formats.price(24_850, "ja") == "24.85円/kWh"


@pytest.mark.parametrize(
    ("key", "value", "met"),
    [
        ("welfare_ratio", 0.9999999, False),
        ("welfare_ratio", 1.0, True),
        ("saving_jpy_worst", -0.000001, False),
        ("forecast_pinball_ratio", 0.98, True),
        ("chain_records_verified", 56, False),
        ("chain_records_verified", 57, True),
        ("co2_kg", 1.0, None),
        ("ledger_sum_ujpy", None, None),
    ],
)
def test_a_goal_is_judged_on_the_value_not_on_its_spelling(key: str, value: float | None, met: bool | None) -> None:
    """What is printed as 100.00 % but is less has missed its goal."""
    lines = {line.key: line for line in figures.lines({**KPI, key: value}, "en")}
    assert lines[key].met is met


def test_every_text_exists_in_both_languages() -> None:
    """Neither language is a second thought: no text is empty, and both have the same gaps to fill."""
    texts: list[Words] = [*PAGE.values(), *(w for figure in figures.FIGURES for w in (figure.name, figure.meaning))]
    assert [text for text in texts if not text.ja or not text.en] == []
    assert [text for text in texts if text.ja.count("{") != text.en.count("{")] == []
