"""Shares against the definition of the Shapley value over all orders of arrival, and the laws of both indices."""

from fractions import Fraction
from itertools import permutations
from statistics import mean

import numpy as np
import pytest
from books import CORRIDOR, books
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Book
from domain.quantity import PPM
from market.auction.clearing import clear
from market.fairness import EXACT_PARTIES_MAX, figures, gini_ppm, jain_ppm, pro_rata, shapley

whole = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=9).map(lambda values: np.array(values, np.int64))


def welfare_of(book: Book, members: tuple[int, ...]) -> int:
    """The clearing among members alone."""
    inside = np.isin(book.site, members)
    return clear(Book(*(column[inside] for column in book)), CORRIDOR).welfare_ujpy


def by_definition(book: Book, parties: int) -> list[Fraction]:
    """The mean addition over every order of arrival, one coalition cleared after the other."""
    added: list[list[int]] = [[] for _ in range(parties)]
    known: dict[tuple[int, ...], int] = {}
    for order in permutations(range(parties)):
        before = 0
        for count, party in enumerate(order, 1):
            members = tuple(sorted(order[:count]))
            if members not in known:
                known[members] = welfare_of(book, members)
            added[party].append(known[members] - before)
            before = known[members]
    return [Fraction(sum(each), len(each)) for each in added]


@settings(deadline=None, max_examples=25)
@given(books(orders_max=9), st.integers(6, 7))
def test_exact_shares_are_the_shapley_value_by_definition(book: Book, parties: int) -> None:
    """Each share is the defined value but for the rounding to whole micro-yen, and they add up to the welfare."""
    shares = shapley(book, parties)
    assert shares.share_ujpy.sum() == clear(book, CORRIDOR).welfare_ujpy
    for share, value in zip(shares.share_ujpy.tolist(), by_definition(book, parties), strict=True):
        assert abs(share - value) < 1
    assert not shares.error_ujpy.any()


def crowd(parties: int) -> Book:
    """One order a party, sides in turn."""
    chance, number = np.random.default_rng(5), np.arange(parties)
    limit, energy_wh = chance.integers(8_500, 20_001, parties), chance.integers(50, 2_001, parties)
    return Book(number, number % 2, limit, energy_wh, number)


def test_sampled_shares_keep_within_their_stated_error() -> None:
    """Of 40 parties, sampled twice from different seeds, nearly all agree within both stated errors; both add up."""
    book = crowd(40)
    first, second = (shapley(book, 40, permutations=600, seed=seed) for seed in (1, 2))
    welfare_ujpy = clear(book, CORRIDOR).welfare_ujpy
    assert first.share_ujpy.sum() == second.share_ujpy.sum() == welfare_ujpy
    apart = np.abs(first.share_ujpy - second.share_ujpy) > first.error_ujpy + second.error_ujpy
    assert apart.sum() <= 2
    assert np.array_equal(shapley(book, 40, permutations=600, seed=1).share_ujpy, first.share_ujpy)


def test_sampling_agrees_with_the_exact_value() -> None:
    """The same game among the most parties that are counted out, and with one idle party more, sampled."""
    book = crowd(EXACT_PARTIES_MAX)
    exact = shapley(book, EXACT_PARTIES_MAX).share_ujpy
    sampled = shapley(book, EXACT_PARTIES_MAX + 1, permutations=2_000, seed=3)
    assert sampled.share_ujpy[-1] == 0
    assert np.all(np.abs(sampled.share_ujpy[:-1] - exact) <= 2 * sampled.error_ujpy[:-1])


def test_who_brings_the_same_gets_the_same() -> None:
    """One seller and two buyers alike: the seller gets two thirds, each buyer a sixth; an idle party nothing."""
    number = np.arange(3)
    book = Book(number, np.array([1, 0, 0]), np.array([9_000, 15_000, 15_000]), np.ones(3, np.int64), number)
    assert shapley(book, 4).share_ujpy.tolist() == [4_000, 1_000, 1_000, 0]


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_pro_rata_shares_add_up_and_follow_energy(welfare_ujpy: int, traded_wh: list[int]) -> None:
    """Shares add up exactly and lie within a micro-yen of the exact proportion; nobody trading, all are alike."""
    shares = pro_rata(welfare_ujpy, np.array(traded_wh, np.int64)).share_ujpy.tolist()
    weights = traded_wh if any(traded_wh) else [1] * len(traded_wh)
    assert sum(shares) == welfare_ujpy
    assert all(
        abs(share - Fraction(welfare_ujpy * weight, sum(weights))) < 1
        for share, weight in zip(shares, weights, strict=True)
    )


@given(whole)
def test_gini_is_the_mean_difference_over_all_pairs(values: np.ndarray) -> None:
    """The index by its definition, pair by pair; between even and one million whatever the signs."""
    listed = values.tolist()
    pairs = sum(abs(a - b) for a in listed for b in listed)
    total = 2 * len(listed) * sum(map(abs, listed))
    assert gini_ppm(values) == (PPM * pairs // total if total else 0)
    assert 0 <= gini_ppm(values) <= PPM


@given(whole)
def test_jain_is_the_squared_mean_over_the_mean_square(values: np.ndarray) -> None:
    """The index by its definition, in fractions; between zero and one million whatever the signs."""
    listed = [Fraction(value) for value in values.tolist()]
    squares = mean(value * value for value in listed)
    assert jain_ppm(values) == (int(PPM * mean(listed) ** 2 / squares) if squares else PPM)
    assert 0 <= jain_ppm(values) <= PPM


@pytest.mark.parametrize(
    ("values", "gini", "jain"),
    [
        ([0, 0], 0, PPM),
        ([5, 5, 5], 0, PPM),
        ([0, 0, 0, 8], 750_000, 250_000),
        ([-3, 3], 500_000, 0),
        ([-2, -2], 0, PPM),
    ],
)
def test_the_indices_have_known_values(values: list[int], gini: int, jain: int) -> None:
    """All zero and all alike are even; one who has all of four is 0.75 and 0.25; gain and loss that cancel are not."""
    column = np.array(values, np.int64)
    assert (gini_ppm(column), jain_ppm(column)) == (gini, jain)


def test_figures_say_how_even_shares_are() -> None:
    """The report's figures of a small sharing, and of none."""
    shares = pro_rata(100, np.array([1, 3], np.int64))
    assert figures(shares) == {
        "gini_ppm": 250_000, "jain_ppm": 800_000, "share_ujpy_min": 25, "welfare_ujpy": 100, "error_ujpy_max": 0,
    }  # fmt: skip
    assert figures(pro_rata(0, np.zeros(0, np.int64)))["jain_ppm"] == PPM
