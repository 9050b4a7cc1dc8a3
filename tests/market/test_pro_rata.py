"""Trades are cut in proportion, both sides alike, no further than the bounds ask."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Side
from domain.quantity import split_in_proportion
from market.grid.pro_rata import TradeRows, cut_pro_rata

SITES, PARENT = 5, np.array([-1, 0, 1, 1, 0])
NODE = np.array([1, 2, 3, 4, 2])
wide = st.just(10**9)
limits = st.lists(st.integers(0, 3_000) | wide, min_size=len(PARENT), max_size=len(PARENT)).map(np.array)
of_sites = st.dictionaries(
    st.tuples(st.integers(0, SITES - 1), st.sampled_from(Side)), st.integers(0, 3_000), max_size=4
)
rows = st.lists(
    st.tuples(st.integers(0, SITES - 1), st.integers(1, SITES - 1), st.integers(1, 2_000)), min_size=1, max_size=12
).map(
    lambda found: TradeRows(
        np.array([seller for seller, _, _ in found]),
        np.array([(seller + further) % SITES for seller, further, _ in found]),
        np.array([energy for _, _, energy in found]),
    )
)


def over(row: int, trades: TradeRows, kept: list[int]) -> int:
    """The net energy that leaves what hangs below a branch, trade by trade from each end up to the root."""
    found = 0
    for seller, buyer, energy in zip(trades.seller, trades.buyer, kept, strict=True):
        for end, sign in ((seller, 1), (buyer, -1)):
            at = int(NODE[end])
            while at > 0:
                found += sign * energy if at == row else 0
                at = int(PARENT[at])
    return found


@given(rows, limits, of_sites)
def test_what_is_left_keeps_to_every_bound(
    trades: TradeRows, branch_wh: np.ndarray, site_wh: dict[tuple[int, Side], int]
) -> None:
    """No trade grows or falls below zero, no site and no branch carries more than its bound, and a trade that loads no
    bound stays whole when every bound holds already."""
    kept = cut_pro_rata(trades, NODE, PARENT, branch_wh, site_wh).tolist()
    assert all(0 <= left <= whole for left, whole in zip(kept, trades.energy_wh, strict=True))
    for (site, side), limit in site_wh.items():
        of_side = trades.seller if side is Side.SELL else trades.buyer
        assert sum(left for left, at in zip(kept, of_side, strict=True) if at == site) <= limit
    for row in range(1, len(PARENT)):
        assert abs(over(row, trades, kept)) <= branch_wh[row]
    assert cut_pro_rata(trades._replace(energy_wh=np.array(kept)), NODE, PARENT, branch_wh, site_wh).tolist() == kept


@given(rows, st.integers(0, SITES - 1), st.integers(0, 5_000))
def test_one_bound_takes_from_each_in_proportion_to_the_wh(trades: TradeRows, site: int, limit: int) -> None:
    """What a seller's bound leaves is the bound exactly, shared like domain.quantity shares; others lose nothing."""
    everything = np.full(len(PARENT), 10**9)
    kept = cut_pro_rata(trades, NODE, PARENT, everything, {(site, Side.SELL): limit}).tolist()
    mine = [at for at, seller in enumerate(trades.seller) if seller == site]
    whole = [int(trades.energy_wh[at]) for at in mine]
    expected = split_in_proportion(limit, whole) if sum(whole) > limit else whole
    assert [kept[at] for at in mine] == expected
    assert all(kept[at] == trades.energy_wh[at] for at in range(len(kept)) if at not in mine)
