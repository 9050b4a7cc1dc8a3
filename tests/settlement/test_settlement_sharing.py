"""The pool's result comes back to the members: exactly, and nobody loses while another gains."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from settlement.sharing import share_pool

GAINS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=15)
RESULTS = st.integers(-(10**13), 10**13)


def shared(result: int, gains: list[int], traded: list[int] | None = None) -> list[int]:
    weights = traded if traded is not None else [1] * len(gains)
    return [int(share) for share in share_pool(result, np.array(gains, np.int64), np.array(weights, np.int64))]


@given(RESULTS, GAINS, st.data())
def test_shares_add_up_to_the_result_exactly(result: int, gains: list[int], data: st.DataObject) -> None:
    """Not a micro-yen is lost or made."""
    traded = data.draw(st.lists(st.integers(0, 10**7), min_size=len(gains), max_size=len(gains)))
    assert sum(shared(result, gains, traded)) == result


@given(RESULTS, GAINS, st.data())
def test_nobody_is_below_zero_unless_the_whole_community_is(result: int, gains: list[int], data: st.DataObject) -> None:
    """If the total allows it everybody is at zero or above; otherwise nobody is above zero."""
    traded = data.draw(st.lists(st.integers(0, 10**7), min_size=len(gains), max_size=len(gains)))
    after = [gain + share for gain, share in zip(gains, shared(result, gains, traded), strict=True)]
    if sum(gains) + result >= 0:
        assert min(after) >= 0
    else:
        assert max(after) <= 0


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=10))
def test_without_losers_a_surplus_goes_by_traded_energy(result: int, gains: list[int]) -> None:
    """Whoever traded nothing receives nothing while others traded."""
    traded = [0, *range(1, len(gains) + 1)]
    shares = shared(result, [0, *gains], traded)
    assert shares[0] == 0
    assert all(
        abs(share * sum(traded) - result * weight) < sum(traded) for share, weight in zip(shares, traded, strict=True)
    )


def test_a_surplus_lifts_losers_first() -> None:
    """100 to share: 30 lift the loser to zero, 70 go by energy."""
    assert shared(100, [-30, 0, 50], [0, 4, 3]) == [30, 40, 30]


def test_gainers_lift_what_the_pool_cannot() -> None:
    """The pool has 10 of the 40 needed; the gainers give 30 in proportion 2 to 1."""
    assert shared(10, [-40, 60, 30]) == [40, -20, -10]


def test_a_deficit_goes_by_traded_energy_and_no_further_than_zero() -> None:
    """60 to pay by energy, 30 each; who has only 10 pays 10, the other carries the rest."""
    assert shared(-60, [10, 100], [1, 1]) == [-10, -50]


def test_when_the_community_loses_nobody_keeps_a_gain() -> None:
    """A loss of 100 against gains of 40 and 20: 40 are left over, on those below zero."""
    assert shared(-100, [40, 20], [1, 0]) == [-80, -20]


def test_a_result_without_trade_is_shared_alike() -> None:
    """Contracted, nothing delivered: the deviation still has to be carried."""
    assert shared(-9, [0, 0, 0], [0, 0, 0]) == [-3, -3, -3]


def test_nothing_to_share_changes_nothing_but_losses_against_gains() -> None:
    """With no result, those above zero still lift those below."""
    assert shared(0, [5, 0]) == [0, 0]
    assert shared(0, [-5, 5]) == [5, -5]
