"""What each site has contracted in a slot, in columns, from the contracts that hold."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from domain.contract import ContractState
from domain.order import Column
from memory.trading.contracts import ContractRow
from settlement.difference import Differences

HOLDS = frozenset({ContractState.APPROVED, ContractState.RECORDED, ContractState.SETTLED})


class Positions(NamedTuple):
    """Contracts of one slot as columns. digests: their names. seller, buyer: shape (contracts,), site positions;
    energy_wh, price_mjpy_per_kwh: the same shape, Wh and each contract's own price. sell_wh, buy_wh: shape (sites,),
    Wh, summed over the contracts."""

    digests: list[str]
    seller: Column
    buyer: Column
    energy_wh: Column
    price_mjpy_per_kwh: Column
    sell_wh: Column
    buy_wh: Column


def positions(contracts: Iterable[ContractRow], position: dict[str, int]) -> Positions:
    """Columns over the contracts that hold, in the order given, each with what is left of it."""
    held = [each for each in contracts if each.state in HOLDS]
    seller = np.array([position[each.seller_site] for each in held], np.int64)
    buyer = np.array([position[each.buyer_site] for each in held], np.int64)
    energy_wh = np.array([each.standing_wh for each in held], np.int64)
    sell_wh, buy_wh = np.zeros((2, len(position)), np.int64)
    np.add.at(sell_wh, seller, energy_wh)
    np.add.at(buy_wh, buyer, energy_wh)
    price_mjpy_per_kwh = np.array([each.price_mjpy_per_kwh for each in held], np.int64)
    return Positions([each.digest for each in held], seller, buyer, energy_wh, price_mjpy_per_kwh, sell_wh, buy_wh)


def differences(held: Positions, node_price_mjpy_per_kwh: Column, metered_wh: Column) -> Differences:
    """How far each contract's price is from that of its seller's node.

    node_price: shape (sites,), mJPY/kWh. metered_wh: shape (contracts,), zeros before delivery.
    """
    difference = held.price_mjpy_per_kwh - node_price_mjpy_per_kwh[held.seller]
    return Differences(held.digests, held.seller, held.buyer, held.energy_wh, metered_wh, difference)
