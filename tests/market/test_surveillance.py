"""Honest days raise no alarm; each pattern planted in one is found, and only it."""

from dataclasses import fields, replace

import numpy as np
import pytest
from honest_days import HOMES, PARTIES, SLOTS, TRADER, honest_day, with_deals, with_export, with_lives
from hypothesis import given, settings
from hypothesis import strategies as st

from market.surveillance.concentration import herfindahl
from market.surveillance.finding import WORDS, Finding, Pattern, Thresholds
from market.surveillance.observed import Observed
from market.surveillance.survey import survey

SEEDS, SPARES = st.integers(0, 10**6), st.permutations(range(TRADER + 1, PARTIES))
WHEN = st.integers(0, SLOTS - 1)


def only(observed: Observed, pattern: Pattern) -> Finding:
    """The one finding of a day, which has this pattern, words in both languages and a value at its line or beyond."""
    found = survey(observed)
    assert [finding.pattern for finding in found] == [pattern]
    assert found[0].value >= found[0].threshold
    for words in (found[0].text_en, found[0].text_ja):
        assert str(found[0].value) in words
        assert "{" not in words
    return found[0]


@settings(deadline=None)
@given(SEEDS)
def test_an_honest_day_raises_no_alarm(seed: int) -> None:
    """Homes of one make, cancelled orders, a trader on both sides, homes with storage: nothing is found."""
    assert survey(honest_day(seed)) == []


@settings(deadline=None)
@given(SEEDS, SPARES, WHEN, st.integers(1, 5_000))
def test_a_trade_with_oneself_is_found_behind_two_names(seed: int, spare: list[int], slot: int, energy_wh: int) -> None:
    """Two parties that stand for one owner trade with each other; the finding names the owner and all it bought."""
    a, b, *_ = spare
    day = honest_day(seed)
    day = day._replace(owner=np.where(day.owner == b, a, day.owner))
    found = only(with_deals(day, (slot, 0, a, b, 12_000, energy_wh), (slot, 1, b, a, 9_000, 1)), Pattern.WASH_TRADE)
    assert (found.parties, found.slots, found.value) == ((a,), (slot,), energy_wh + 1)


@settings(deadline=None)
@given(SEEDS, SPARES, WHEN, st.integers(2, 4), st.integers(200, 900), st.data())
def test_a_circle_of_trades_is_found_once(
    seed: int, spare: list[int], slot: int, length: int, energy_wh: int, data: st.DataObject
) -> None:
    """Two to four owners sell on to each other, energies and prices within two in a hundred, beside honest trades."""
    circle = spare[:length]
    legs = [
        (slot, 0, a, b, 12_000 + data.draw(st.integers(0, 240)), energy_wh + data.draw(st.integers(0, energy_wh // 50)))
        for a, b in zip(circle, (*circle[1:], circle[0]), strict=True)
    ]
    beside = (slot, 0, circle[0], 3, 12_000, 5_000), (slot, 0, 5, circle[1], 12_000, 77)
    found = only(with_deals(honest_day(seed), *legs, *beside), Pattern.CIRCULAR_TRADE)
    assert (found.parties, found.slots) == (tuple(sorted(circle)), (slot,))
    assert found.value == min(leg[-1] for leg in legs)


@settings(deadline=None)
@given(SEEDS, SPARES, st.integers(3, 6), st.sets(WHEN, min_size=4), st.integers(0, 1), st.integers(0, 50))
def test_a_ring_of_identical_orders_is_found(
    seed: int, spare: list[int], size: int, slots: set[int], side: int, off: int
) -> None:
    """Three owners or more whose orders agree in four slots or more, at a limit that their tariffs do not explain."""
    ring = spare[:size]
    planted = [
        (slot, party, side, 11_111 + off, -1, 700 + slot, 0, turn, 1_000, 0)
        for slot in slots
        for turn, party in enumerate(ring)
    ]
    found = only(with_lives(honest_day(seed), *planted), Pattern.IDENTICAL_ORDERS)
    assert (found.parties, found.slots, found.value) == (tuple(sorted(ring)), tuple(sorted(slots)), len(slots))


def test_homes_of_one_make_are_no_ring() -> None:
    """Homes that share a profile, a tariff and a kind of battery were once taken for a ring of nine.

    At the limit that these make they agree honestly; the same orders at any other limit are a finding.
    """
    twins = [(slot, home, 0, 16_157, 16_157, 160 + slot, 0, 0, 1_000, 0) for slot in range(7) for home in range(25, 31)]
    assert survey(with_lives(honest_day(1), *twins)) == []
    agreed = [(*row[:4], 16_158, *row[5:]) for row in twins]
    assert only(with_lives(honest_day(1), *agreed), Pattern.IDENTICAL_ORDERS).parties == tuple(range(25, 31))


@settings(deadline=None)
@given(SEEDS, SPARES, WHEN, st.integers(0, 1), st.integers(5_000, 50_000), st.integers(100, 2_000))
def test_spoofing_is_found_on_either_side(
    seed: int, spare: list[int], slot: int, side: int, large_wh: int, traded_wh: int
) -> None:
    """A large order stands while its owner trades the other way, and is then cancelled unexecuted."""
    who = spare[0]
    parties = (who, 0) if side == 0 else (0, who)
    bait = (slot, who, side, 13_500, -1, large_wh, 0, 10, 50, 1)
    day = with_deals(with_lives(honest_day(seed), bait), (slot, 30, *parties, 13_000, traded_wh))
    found = only(day, Pattern.SPOOFING)
    assert (found.parties, found.slots, found.value) == ((who,), (slot,), large_wh * 1_000 // traded_wh)


@pytest.mark.parametrize(
    "changed",
    [{"cancelled": 0}, {"filled_wh": 4_000}, {"energy_wh": 900}, {"left": 29}, {"side": 1}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_not_all_of_spoofing_is_none(changed: dict[str, int]) -> None:
    """Kept, executed, ordinary in size, gone before the trade, or on the trade's own side: no finding."""
    bait = dict(zip(honest_day(7).lives._fields, (2, 26, 0, 13_500, -1, 9_000, 0, 10, 50, 1), strict=True)) | changed
    day = with_lives(honest_day(7), tuple(bait.values()))
    assert survey(with_deals(day, (2, 30, 26, 0, 13_000, 500))) == []


@settings(deadline=None)
@given(SEEDS, SPARES, WHEN, st.booleans())
def test_a_concentrated_side_is_found(seed: int, spare: list[int], slot: int, sold: bool) -> None:
    """One owner has two thirds of a side, the other side is spread: the index is at least that share squared."""
    day = honest_day(seed)
    each_wh = 2 * int(day.deals.energy_wh.sum()) // HOMES + 1
    deals = [(slot, 0, *((spare[0], home) if sold else (home, spare[0])), 13_000, each_wh) for home in range(HOMES)]
    found = only(with_deals(day, *deals), Pattern.SOLD_CONCENTRATION if sold else Pattern.BOUGHT_CONCENTRATION)
    assert found.parties == (spare[0],)
    assert found.value >= 4_444


def test_the_index_is_the_sum_of_squared_shares() -> None:
    """A monopoly is 10,000, four alike are 2,500, and shares of 0.75 and 0.25 are 6,250."""
    assert [herfindahl(volumes) for volumes in ([7], [2, 2, 2, 2], [3, 1])] == [10_000, 2_500, 6_250]


@settings(deadline=None)
@given(SEEDS, st.integers(0, PARTIES - 1), st.integers(0, SLOTS // 2 - 1), st.integers(1, 10_000))
def test_export_above_nameplate_is_found(seed: int, site: int, slot: int, beyond_wh: int) -> None:
    """One reading beyond what the plant can give, tolerance included, names the site, its owner and the slot."""
    day = honest_day(seed)
    most_wh = int(day.plants.export_max_wh[site]) * 1_050 // 1_000
    found = only(with_export(day, slot, site, most_wh + beyond_wh), Pattern.EXPORT_ABOVE_NAMEPLATE)
    assert (found.sites, found.parties, found.slots) == ((site,), (site,), (slot,))
    assert (found.value, found.threshold) == (most_wh + beyond_wh, most_wh + 1)


@settings(deadline=None)
@given(SEEDS, st.integers(0, PARTIES - 1), st.integers(SLOTS // 2, SLOTS - 1), st.integers(20, 400))
def test_export_in_the_dark_is_found_where_nothing_is_stored(seed: int, site: int, slot: int, energy_wh: int) -> None:
    """The same export in a dark slot is a finding without storage and none with it."""
    day = honest_day(seed)
    storage, here = day.plants.storage, np.arange(PARTIES) == site
    stored = day._replace(plants=day.plants._replace(storage=storage | here))
    bare = day._replace(plants=day.plants._replace(storage=storage & ~here))
    readings = bare.exports.energy_wh * ~((bare.exports.site == site) & bare.exports.dark)
    bare = bare._replace(exports=bare.exports._replace(energy_wh=readings))
    assert survey(with_export(stored, slot, site, energy_wh)) == []
    found = only(with_export(bare, slot, site, energy_wh), Pattern.EXPORT_IN_THE_DARK)
    assert (found.sites, found.slots, found.value) == ((site,), (slot,), energy_wh)


def test_a_threshold_moves_the_line() -> None:
    """Each pattern planted in one day is no longer found when its own threshold is out of reach."""
    day = with_export(honest_day(3), 0, 2, 10**6)
    day = with_deals(day, (1, 0, 27, 28, 13_000, 300), (1, 0, 28, 27, 13_000, 300), (1, 0, 29, 29, 13_000, 9))
    assert {finding.pattern for finding in survey(day)} == {
        Pattern.WASH_TRADE, Pattern.CIRCULAR_TRADE, Pattern.EXPORT_ABOVE_NAMEPLATE,
    }  # fmt: skip
    assert survey(day, Thresholds(wash_min_wh=10, circle_min_wh=301, export_permille=10**7)) == []
    narrow = replace(Thresholds(), concentration_max=1, concentration_min_wh=1)
    assert {Pattern.SOLD_CONCENTRATION, Pattern.BOUGHT_CONCENTRATION} <= {each.pattern for each in survey(day, narrow)}


def test_every_pattern_has_words_and_every_threshold_its_meaning() -> None:
    """No pattern without a template in both languages, no threshold that the page of thresholds does not explain."""
    assert set(WORDS) == set(Pattern)
    assert [field.name for field in fields(Thresholds) if field.name not in (Thresholds.__doc__ or "")] == []
