"""What a contract's own price is away from the node price: a premium for a wish, or a price agreed earlier in the day.

Sites settle at the price of their node (``settlement.slot``). A contract at another price moves the difference on top,
on its own metered part: from the buyer over the retailer to the seller, or the other way where its price is lower. The
two halves are equal, so the retailer keeps nothing of it. Losses, platform fee and congestion rent stay those of the
node price: nobody takes a share of what two members settle between themselves.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from domain.order import Column
from settlement.ledger import RETAILER, Transfer, TransferState, member, post, void

RESERVED = ":reserved"
FROM_BUYER = "difference_of_buyer"
TO_SELLER = "difference_of_seller"


class Differences(NamedTuple):
    """A slot's contracts. contracts: their digests, each once. Columns of shape (contracts,), int64.

    seller, buyer: positions of sites. energy_wh: contracted; metered_wh: delivered of it, at most that much.
    difference_mjpy_per_kwh: the contract's price less that of its seller's node, of either sign.
    """

    contracts: Sequence[str]
    seller: Column
    buyer: Column
    energy_wh: Column
    metered_wh: Column
    difference_mjpy_per_kwh: Column


def no_differences() -> Differences:
    """A slot without contracts."""
    nothing = np.zeros(0, np.int64)
    return Differences((), nothing, nothing, nothing, nothing, nothing)


def reserve_differences(slot: int, site_ids: Sequence[str], held: Differences) -> list[Transfer]:
    """Pending transfers for what was contracted: two for each contract away from its node price, contracts in order."""
    return [reserved for reserved, _ in _halves(slot, site_ids, held)]


def settle_differences(slot: int, site_ids: Sequence[str], held: Differences) -> Iterator[Transfer]:
    """The end of each of these reservations: both halves posted on the metered part, or both void where it is none."""
    assert (held.metered_wh <= held.energy_wh).all(), "no more is metered than was contracted"
    for reserved, metered_ujpy in _halves(slot, site_ids, held):
        new_id = reserved.id.removesuffix(RESERVED)
        yield post(reserved, metered_ujpy, new_id) if metered_ujpy else void(reserved, new_id)


def _halves(slot: int, site_ids: Sequence[str], held: Differences) -> Iterator[tuple[Transfer, int]]:
    """Each contract's reservations, the buyer's half first, with the amount of the metered part, uJPY."""
    reserved_ujpy = held.energy_wh * held.difference_mjpy_per_kwh
    metered_ujpy = abs(held.metered_wh * held.difference_mjpy_per_kwh).tolist()
    for row in np.flatnonzero(reserved_ujpy).tolist():
        buyer, seller = member(site_ids[held.buyer[row]]), member(site_ids[held.seller[row]])
        amount = int(reserved_ujpy[row])
        for kind, payer, payee in ((FROM_BUYER, buyer, RETAILER), (TO_SELLER, RETAILER, seller)):
            parties = (payer, payee) if amount > 0 else (payee, payer)
            name = f"{slot}:{kind}:{held.contracts[row]}{RESERVED}"
            yield Transfer(name, *parties, abs(amount), kind, slot, TransferState.PENDING), metered_ujpy[row]
