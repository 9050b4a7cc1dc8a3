"""An island settles inside: nobody outside is paid or pays."""

from dataclasses import replace

from hypothesis import given
from test_settlement_slot import accounts

from settlement.books import balances
from settlement.island import ISLAND, beside, settle_island
from settlement.ledger import CONGESTION, RETAILER, TransferState
from settlement.slot import SlotAccount, reserve_slot


@given(accounts())
def test_every_wh_that_is_paid_for_is_paid_to_somebody_inside(account: SlotAccount) -> None:
    """The sum is zero, members and the lines' rent apart every account stands at zero, nothing stays reserved, and as
    many Wh are charged as are paid."""
    island = replace(account, island=True)
    contracted = (island.contracted_sell_wh, island.contracted_buy_wh, island.price_mjpy_per_kwh)
    reserved = reserve_slot(island.slot, island.site_ids, *contracted, island.stack, island.differences)
    after = balances([*reserved, *settle_island(island)])
    assert sum(each.ujpy for each in after.values()) == 0
    assert all(name.startswith("member:") or name in {ISLAND, RETAILER, CONGESTION} for name in after)
    assert all(after[name].ujpy == 0 for name in (ISLAND, RETAILER) if name in after)
    assert all(each.debits_pending == each.credits_pending == 0 for each in after.values())
    taken_wh, fed_wh = beside(island)
    assert taken_wh.sum() == fed_wh.sum()
    assert (taken_wh <= island.import_wh).all()
    assert (fed_wh <= island.export_wh).all()


@given(accounts())
def test_settling_an_island_twice_gives_the_same_transfers(account: SlotAccount) -> None:
    """The ids come from the slot, so a second booking moves nothing; no transfer posts nothing."""
    first = settle_island(replace(account, island=True))
    assert first == settle_island(replace(account, island=True))
    assert len({each.id for each in first}) == len(first)
    assert all(each.amount_ujpy for each in first if each.state is TransferState.POSTED)
