"""Who gains what by trading, over all accounts: nothing appears and nothing vanishes.

The same homes and the same sky without any trade are settled by the same function. Both are sums of double entries, so
the differences over all accounts add up to zero: what members, pool, retailer and platform gain together is what the
outside (network, levy, wholesale, imbalance) receives less, the community's physical saving. Both runs end with as much
in the vehicles (services.vehicles.ended_alike); what batteries hold at the end is told beside it (``stored_end_kwh``).
"""

from collections import Counter

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from memory.books import ledger
from services.context import TradeContext
from services.money.settling import Metered, slot_account, transfers_of, without_trade
from services.orders.positions import positions
from settlement.ledger import Transfer, TransferState

MEMBERS = "members"


def who_gains_ujpy(tx: Connection, ctx: TradeContext, slots: list[int], metered_wh: Column) -> dict[str, int]:
    """What each account, members as one, received more by trading than without it. uJPY, adds up to zero.

    metered_wh: shape (sites, slots), Wh, import less export of the same homes without trade.
    """
    gained: Counter[str] = Counter()
    _add(gained, ledger.of_slots(tx, slots[0], slots[-1]), 1)
    nothing = positions([], ctx.roster.position)
    for place, slot in enumerate(slots):
        alone = Metered(np.maximum(metered_wh[:, place], 0), np.maximum(-metered_wh[:, place], 0))
        account = without_trade(slot_account(tx, ctx, slot, alone, nothing))
        _add(gained, transfers_of(account), -1)
    assert sum(gained.values()) == 0, "double entries add up to zero"
    return dict(sorted(gained.items()))


def _add(gained: Counter[str], transfers: list[Transfer], sign: int) -> None:
    for each in transfers:
        if each.state is TransferState.POSTED:
            gained[_group(each.debit)] -= sign * each.amount_ujpy
            gained[_group(each.credit)] += sign * each.amount_ujpy


def _group(account: str) -> str:
    return MEMBERS if account.startswith("member:") else account
