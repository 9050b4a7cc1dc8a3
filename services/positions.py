"""What each site has contracted in a slot, in columns, from the contracts that hold."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from domain.contract import ContractState
from domain.order import Column
from memory.contracts import ContractRow

HOLDS = frozenset({ContractState.APPROVED, ContractState.RECORDED, ContractState.SETTLED})


class Positions(NamedTuple):
    """Contracts of one slot as columns. seller, buyer: shape (contracts,), site positions; energy_wh: the same
    shape, Wh. sell_wh, buy_wh: shape (sites,), Wh, summed over the contracts."""

    seller: Column
    buyer: Column
    energy_wh: Column
    sell_wh: Column
    buy_wh: Column


def positions(contracts: Iterable[ContractRow], position: dict[str, int]) -> Positions:
    """Columns over the contracts that hold, in the order given."""
    held = [each for each in contracts if each.state in HOLDS]
    seller = np.array([position[each.seller_site] for each in held], np.int64)
    buyer = np.array([position[each.buyer_site] for each in held], np.int64)
    energy_wh = np.array([each.energy_wh for each in held], np.int64)
    sell_wh, buy_wh = np.zeros((2, len(position)), np.int64)
    np.add.at(sell_wh, seller, energy_wh)
    np.add.at(buy_wh, buyer, energy_wh)
    return Positions(seller, buyer, energy_wh, sell_wh, buy_wh)
