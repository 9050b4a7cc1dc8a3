"""The feeder's panel: lines that never cross, prices in their shade, and why each line was full, in words."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_day import sample
from sample_feeder import CHECKED, IDLE, NIGHT, feeder
from test_report import Outline

from review_ui.feeder_day import FeederDay, GridChecked
from review_ui.feeder_map import NO_PRICE, SHADES, WIDTH_LEAST, WIDTH_MOST, PriceScale, draw_feeder, places
from review_ui.feeder_words import FEEDER
from review_ui.report import render_report
from review_ui.words import Words


@st.composite
def trees(draw: st.DrawFn) -> list[int]:
    """Parents in an order in which each node's subtree follows it at once."""
    parent, path = [-1], [0]
    for node in range(1, draw(st.integers(1, 40))):
        path = path[: draw(st.integers(1, len(path)))]
        parent.append(path[-1])
        path.append(node)
    return parent


def page_of(day: FeederDay, language: str = "en") -> str:
    """One language's part of the page with the day's feeder."""
    page = render_report(replace(sample(), feeder=day), language)
    return page[page.index(f'<main lang="{language}">') :].split("</main>")[0]


@given(trees())
def test_no_two_lines_of_the_tree_cross(parent: list[int]) -> None:
    """Every node has a place of its own, a child stands one column right of its parent and never above it, and the way
    down to a child's row passes no node of another branch in the parent's column."""
    found = places(parent)
    assert len(set(found)) == len(parent)
    assert max(place.row for place in found) + 1 == len(parent) - len(set(parent[1:]))
    for place, up in zip(found[1:], parent[1:], strict=True):
        assert place.depth == found[up].depth + 1
        assert place.row >= found[up].row
        passed = [each for each in found if each.depth <= found[up].depth and found[up].row < each.row <= place.row]
        assert passed == []


@given(low=st.integers(0, 50_000), span=st.integers(0, 50_000), share=st.integers(0, 100))
def test_the_legend_says_of_every_price_the_shade_it_is_drawn_in(low: int, span: int, share: int) -> None:
    """Steps follow each other without a gap from the lowest price to the highest; a price is drawn in the step that
    holds it."""
    scale, price = PriceScale(low, low + span), low + span * share // 100
    steps = scale.steps()
    assert steps[0][1] == low
    assert steps[-1][2] == low + span
    assert all(first[2] + 1 == second[1] for first, second in pairwise(steps))
    assert [shade for shade, least, most in steps if least <= price <= most] == [scale.shade(price)]
    assert 0 <= scale.shade(price) < SHADES


def test_a_full_branch_is_marked_by_colour_and_by_sign() -> None:
    """Who sees no colours sees an arrow towards the root where exports fill a line; width grows with loading."""
    knots = draw_feeder(feeder(), "en").slots[1]
    farm = knots[3]
    assert (farm.kind, farm.width) == ("full_of_exports", WIDTH_MOST)
    assert farm.symbol
    assert [knot.symbol for knot in knots if knot.kind != "full_of_exports"] == [""] * 4
    assert WIDTH_LEAST < knots[2].width < WIDTH_MOST


def test_every_node_says_its_price_and_what_its_sites_did() -> None:
    """The pointer reads node, price, line, loading and trade; a slot without trade has no price."""
    drawn = draw_feeder(feeder(), "en")
    assert drawn.slots[1][3].hint == (
        "farm  ¥8.50/kWh\nline 17  1,000 / 1,000 Wh  100.0 %  full of exports\nS002  sold 600 Wh"
    )
    assert {knot.shade for knot in drawn.slots[2]} == {NO_PRICE}
    assert "–" in drawn.slots[2][0].hint
    assert [mark.kind for knot in drawn.slots[1] for mark in knot.marks] == ["bought", "sold", "sold"]


@pytest.mark.parametrize(
    ("language", "said", "same"),
    [
        (
            "en",
            "line 17 is full of exports: behind it energy is plenty, so the price there is lower.",
            "line 9 is full, and the price is the same on both sides of it.",
        ),
        (
            "ja",
            "line 17は送り出しで満杯です。その先では電気が余っているため、価格が低くなります。",
            "line 9は満杯ですが、価格は線の両側で同じでした。",
        ),
    ],
)
def test_a_full_line_is_named_with_its_reason(language: str, said: str, same: str) -> None:
    """A line that parts prices is told apart from one that is merely full in series with it."""
    main = page_of(feeder(), language)
    assert main.count(said) == main.count(same) == 1
    assert "5.50" in main


def test_a_day_without_a_full_line_says_so_with_the_highest_loading() -> None:
    """No empty table: the line that came nearest, when, and how near."""
    main = page_of(replace(feeder(), shown=[NIGHT], opened=0, full=[]))
    assert "No line was full" in main
    assert "line 17 at 2026-05-20 12:00, at 100.0 % of its limit" in main
    assert "no trade flowed" in page_of(replace(feeder(), shown=[IDLE], opened=0, full=[], highest=None))


def test_a_check_that_was_not_made_is_not_claimed() -> None:
    """The reason stands where the result would; a check that was made gives numbers, cuts and their reasons."""
    refused = GridChecked("3 branches have no impedance", 48, (), (), None, ())
    main = page_of(replace(feeder(), check=refused))
    assert "No grid check claimed: " in main
    assert "3 branches have no impedance" in main
    assert "violations" not in main.split("AC power flow check")[1].split("</section>")[0]
    cut = Words("2件: line 17が定格の104.0 %", "2 orders: line 17 at 104.0 % of its rating")
    main = page_of(replace(feeder(), check=replace(CHECKED, cuts=[cut])))
    assert cut.en in main
    assert cut.ja not in main
    assert "48 slots, violations: 0." in main
    assert FEEDER["nothing_cut"].en not in main


def test_a_community_without_wires_has_no_map() -> None:
    """One node is no drawing; the page says why, and the check's reason stands."""
    alone = replace(feeder(), names=["community"], branch_names=[""], parent=[-1], limit_wh=[0], site_node=[0, 0, 0])
    main = page_of(alone)
    assert FEEDER["one_node"].en in main
    assert 'class="map' not in main


def test_the_panel_keeps_the_page_whole_and_offline() -> None:
    """Names are unique in both languages, a node's name stays text, and one slot is chosen from the start."""
    page = render_report(replace(sample(), feeder=feeder()))
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)
    assert "<b>shop" not in page
    assert re.findall(r"""(?:src|href|action)\s*=|url\(|@import""", page) == []
    assert len(re.findall(r'name="feeder-slot-en"[^>]*checked', page)) == 1


def test_every_text_of_the_feeder_exists_in_both_languages() -> None:
    """Neither language is empty, and both have the same gaps to fill."""
    assert [text for text in FEEDER.values() if not text.ja or not text.en] == []
    gaps = [(sorted(re.findall(r"{\w+}", text.ja)), sorted(re.findall(r"{\w+}", text.en))) for text in FEEDER.values()]
    assert [gap for gap in gaps if gap[0] != gap[1]] == []
