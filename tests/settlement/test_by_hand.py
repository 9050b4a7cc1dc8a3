"""Trades by hand move what they would have moved, had the slot been settled with them."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from test_settlement_slot import accounts

from settlement.books import balances
from settlement.by_hand import corrections
from settlement.delivery import nothing_delivered
from settlement.difference import no_differences
from settlement.ledger import Balance, Transfer, TransferState
from settlement.slot import SlotAccount, settle_slot


def moved(account: SlotAccount) -> list[Transfer]:
    return [replace(each, pending_id="") for each in settle_slot(account) if each.state is TransferState.POSTED]


@given(accounts())
def test_after_the_correction_every_account_stands_as_if_settled_together(account: SlotAccount) -> None:
    """Booked without the trades and corrected, or settled with them at once: the same balance everywhere, and once it
    is corrected nothing is left to correct."""
    nothing = np.zeros(len(account.site_ids), np.int64)
    without = replace(
        account,
        contracted_sell_wh=nothing,
        contracted_buy_wh=nothing,
        delivery=nothing_delivered(len(account.site_ids)),
        differences=no_differences(),
    )
    booked, wanted = moved(without), moved(account)
    made = list(corrections(account.slot, wanted, booked))
    after, together = balances([*booked, *made]), balances(wanted)
    for name in after.keys() | together.keys():
        assert after.get(name, Balance()).ujpy == together.get(name, Balance()).ujpy
    assert list(corrections(account.slot, wanted, [*booked, *made])) == []
