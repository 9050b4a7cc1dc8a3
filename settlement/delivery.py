"""What was delivered of what was contracted, on metered energy alone: the market in which deviations meet.

A standard trade settles on the meter: a seller delivers at most its export, a buyer takes at most its import. Then
deviations meet each other inside the community: what one member misses another's surplus fills, and surplus that nobody
planned goes to need that nobody planned, as long as both gain at the slot's price. Only what the community as a whole
lacks or leaves of its contracts meets the imbalance price. Delivered sales and purchases are always equal.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.order import Column

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One slot's delivered energy. Columns of shape (sites,), int64, Wh, zero or more.

    sold_wh, bought_wh: delivered energy of each site; their sums are equal.
    own_sold_wh, own_bought_wh: the part that fulfils the site's own contracts; the rest was netted in the pool.
    short_wh: contracted energy that all sellers together could not deliver.
    long_wh: contracted energy that all buyers together did not take.
    """

    sold_wh: Column
    bought_wh: Column
    own_sold_wh: Column
    own_bought_wh: Column
    short_wh: int
    long_wh: int

    @property
    def volume_wh(self) -> int:
        """Delivered energy of the slot, Wh."""
        return int(self.sold_wh.sum())


def nothing_delivered(sites: int) -> Delivery:
    """The slot without trade, for what would have happened otherwise."""
    nothing = np.zeros(sites, np.int64)
    return Delivery(nothing, nothing, nothing, nothing, short_wh=0, long_wh=0)


def allocate(
    contracted_sell_wh: Column,
    contracted_buy_wh: Column,
    export_wh: Column,
    import_wh: Column,
    may_sell: Flags,
    may_buy: Flags,
) -> Delivery:
    """Delivered energy per site. Every column has shape (sites,), int64, Wh, zero or more; flags are bool.

    may_sell, may_buy: whose surplus may fill what others miss (its mandate allows the price). Those fills go in
    proportion to the surplus. A site stands on one side of a slot: the side it contracted, else that of its larger
    register. Asserts that contracts balance and that nobody contracted both sides.
    """
    assert contracted_sell_wh.sum() == contracted_buy_wh.sum(), "contracted sales and purchases are equal"
    assert not ((contracted_sell_wh > 0) & (contracted_buy_wh > 0)).any(), "a site stands on one side of a slot"
    contracted_wh = int(contracted_sell_wh.sum())
    seller = (contracted_sell_wh > 0) | ((contracted_buy_wh == 0) & (export_wh >= import_wh))
    own_sold_wh, extra_sold_wh = _one_side(contracted_sell_wh, export_wh, may_sell & seller)
    own_bought_wh, extra_bought_wh = _one_side(contracted_buy_wh, import_wh, may_buy & ~seller)
    offered_wh = int(own_sold_wh.sum() + extra_sold_wh.sum())
    taken_wh = int(own_bought_wh.sum() + extra_bought_wh.sum())
    volume_wh = min(offered_wh, taken_wh)
    own_sold_wh, netted_sold_wh = _up_to(volume_wh, own_sold_wh, extra_sold_wh)
    own_bought_wh, netted_bought_wh = _up_to(volume_wh, own_bought_wh, extra_bought_wh)
    return Delivery(
        own_sold_wh + netted_sold_wh,
        own_bought_wh + netted_bought_wh,
        own_sold_wh,
        own_bought_wh,
        short_wh=max(contracted_wh - offered_wh, 0),
        long_wh=max(contracted_wh - taken_wh, 0),
    )


def per_trade(
    seller_site: Column, buyer_site: Column, energy_wh: Column, own_sold_wh: Column, own_bought_wh: Column
) -> Column:
    """The metered part of each trade. Shape (trades,), int64, Wh, at most the trade's energy.

    seller_site, buyer_site: positions of sites. Each side's own delivery is shared over its trades in proportion to
    their energy; a trade's metered part is the lesser of the two, so no site's parts exceed its own delivery.
    """
    return np.minimum(
        _over_trades(seller_site, energy_wh, own_sold_wh), _over_trades(buyer_site, energy_wh, own_bought_wh)
    )


def split_column(total_wh: int, weights: Column) -> Column:
    """``domain.quantity.split_in_proportion`` for columns: shares of a total, exact in sum, larger remainders first.

    total_wh: zero or more, at most the sum of the weights; then no share exceeds its weight. Shape (weights,), int64.
    """
    whole = int(weights.sum())
    assert 0 <= total_wh <= whole, "a total is shared among weights that can hold it"
    if total_wh == 0:
        return np.zeros_like(weights)
    assert total_wh * int(weights.max()) < 2**63, "the products fit into 64 bits"
    shares, remainders = np.divmod(total_wh * weights, whole)
    largest_first = np.argsort(-remainders, kind="stable")
    shares[largest_first[: total_wh - int(shares.sum())]] += 1
    return shares


def _one_side(contracted_wh: Column, metered_wh: Column, may_net: Flags) -> tuple[Column, Column]:
    """A side's own deliveries, and what it metered beyond them and may net. Two of shape (sites,), Wh."""
    own_wh = np.minimum(contracted_wh, metered_wh)
    return own_wh, np.where(may_net, metered_wh - own_wh, 0)


def _up_to(volume_wh: int, own_wh: Column, extra_wh: Column) -> tuple[Column, Column]:
    """A side's part of a volume: own deliveries first, then what was metered beyond, each in proportion."""
    own_kept_wh = min(volume_wh, int(own_wh.sum()))
    return split_column(own_kept_wh, own_wh), split_column(volume_wh - own_kept_wh, extra_wh)


def _over_trades(site: Column, energy_wh: Column, own_wh: Column) -> Column:
    """Share each site's own delivery over its trades, in proportion to energy. Shape (trades,), Wh, rounded down,
    what is left one by one to the site's largest remainders, ties to the earlier trade."""
    traded_wh = _sum_by_site(site, energy_wh, len(own_wh))
    assert (own_wh <= traded_wh).all(), "a site's own delivery is part of its trades"
    shares, remainders = np.divmod(energy_wh * own_wh[site], traded_wh[site])
    left_wh = own_wh - _sum_by_site(site, shares, len(own_wh))
    order = np.lexsort((-remainders, site))
    first_of_site = np.searchsorted(site[order], np.arange(len(own_wh)))
    rank = np.empty_like(site)
    rank[order] = np.arange(len(site)) - first_of_site[site[order]]
    return shares + (rank < left_wh[site])


def _sum_by_site(site: Column, energy_wh: Column, sites: int) -> Column:
    """Trades added up per site. Shape (sites,), int64, Wh."""
    total = np.zeros(sites, np.int64)
    np.add.at(total, site, energy_wh)
    return total
