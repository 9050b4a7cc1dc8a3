"""Provisional settlement of a delivered slot, on metered energy.

Own deliveries first, then deviations meet each other in the pool, the rest goes to the utility at each member's own
terms. The same arithmetic without any trade gives what each member would have paid or earned on the same flows.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from domain.contract import ContractEvent, ContractState
from domain.order import Column
from memory import alarms
from memory.books import chain_records, ledger, settlements, steps
from memory.books.settlements import SettlementRow
from memory.devices import readings
from memory.trading import clearings, contracts, prices
from services.context import TradeContext
from services.events.event_story import RECORDED
from services.grid.cutting import is_all_cut
from services.grid.island import is_islanded
from services.money.booking import SETTLEMENT, slot_contracts
from services.orders.market_view import alternatives, own_caps
from services.orders.positions import HOLDS, Positions, differences, positions
from services.roster import mandates_in_force
from services.telling.site_prices import node_prices
from settlement.books import balances
from settlement.delivery import allocate, nothing_delivered, per_trade
from settlement.difference import no_differences
from settlement.island import settle_island
from settlement.ledger import Transfer, TransferState, member_column
from settlement.slot import SlotAccount, settle_slot


@dataclass(frozen=True, slots=True)
class Metered:
    """A slot's import and export, shape (sites,), Wh; a site without a reading stands at zero and trades nothing."""

    import_wh: Column
    export_wh: Column


def settle(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Post the metered part of every contract, void the rest, and bill what lies beside at the utility's terms."""

    def work(tx: Connection) -> dict[str, Any]:
        metered = metered_of(tx, ctx, slot)
        held = positions(slot_contracts(tx, slot), ctx.roster.position)
        account = slot_account(tx, ctx, slot, metered, held)
        transfers = transfers_of(account)
        ledger.book(tx, transfers)
        _close_contracts(tx, slot, account)
        _save(tx, ctx, account, member_column(balances(moved(transfers)), ctx.roster.ids))
        _say_recorded(tx, ctx)
        _say_missing(tx, ctx, account)
        return {
            "volume_wh": account.delivery.volume_wh,
            "short_wh": account.delivery.short_wh,
            "long_wh": account.delivery.long_wh,
            "transfers": len(transfers),
        }

    output = ctx.steps.run(ctx.thread(slot), "settle", SETTLEMENT, "settle", work)
    return {"settled": output["transfers"]}


def _say_missing(tx: Connection, ctx: TradeContext, account: SlotAccount) -> None:
    """Nothing flows into an island: where its meters took more than they gave, somebody must look at them."""
    missing_wh = int(account.import_wh.sum()) - int(account.export_wh.sum())
    if account.island and missing_wh > 0:
        alarms.sound(tx, ctx.now(), "island.unbalanced", ctx.thread(account.slot), {"missing_wh": missing_wh})


def _say_recorded(tx: Connection, ctx: TradeContext) -> None:
    """Say in the journal what the chain has answered since it was said last. Here and not when the answer comes: that
    moment moves with every crash, and the journal of a run must not."""
    for key in chain_records.answered_unsaid(tx, RECORDED):
        ctx.steps.note(tx, "gateway", RECORDED, key, {})


def metered_of(tx: Connection, ctx: TradeContext, slot: int) -> Metered:
    """The slot's revenue registers."""
    columns = readings.history(tx, ctx.roster.ids, slot, slot)
    return Metered(np.maximum(columns["import_wh"][:, 0], 0), np.maximum(columns["export_wh"][:, 0], 0))


def slot_account(tx: Connection, ctx: TradeContext, slot: int, metered: Metered, held: Positions) -> SlotAccount:
    """Everything the slot's settlement rests on."""
    day = ctx.day_of(slot)
    rules = ctx.rules.of(day)
    cleared = clearings.get(tx, slot)
    stopped = steps.find(tx, ctx.thread(slot), "stopped") is not None or is_all_cut(tx, ctx, slot)
    price = None if stopped else node_prices(ctx, cleared)
    mandates = mandates_in_force(tx, ctx.roster)
    sites = len(ctx.roster.ids)
    delivery, apart = nothing_delivered(sites), no_differences()
    if price is not None:
        assert cleared is not None, "what has a price was cleared"
        free = _not_refused(tx, ctx, slot) & (cleared.price_mjpy_per_kwh is not None)
        may_sell = free & mandates.active & (mandates.sell_min_mjpy_per_kwh <= price)
        may_buy = free & mandates.active & (np.minimum(mandates.buy_max_mjpy_per_kwh, own_caps(ctx, day)) >= price)
        delivery = allocate(held.sell_wh, held.buy_wh, metered.export_wh, metered.import_wh, may_sell, may_buy)
        sides = (held.seller, held.buyer, held.energy_wh)
        apart = differences(held, price, per_trade(*sides, delivery.own_sold_wh, delivery.own_bought_wh))
    return SlotAccount(
        slot=slot,
        site_ids=ctx.roster.ids,
        contracted_sell_wh=held.sell_wh,
        contracted_buy_wh=held.buy_wh,
        delivery=delivery,
        import_wh=metered.import_wh,
        export_wh=metered.export_wh,
        price_mjpy_per_kwh=np.zeros(sites, np.int64) if price is None else price,
        stack=rules.stack,
        alternative_mjpy_per_kwh=alternatives(ctx, day),
        buyback_mjpy_per_kwh=rules.tariff.buyback,
        spot_mjpy_per_kwh=prices.get(tx, slot, "wholesale", ctx.area),
        imbalance_mjpy_per_kwh=prices.get(tx, slot, "imbalance", ctx.area),
        differences=apart,
        island=is_islanded(tx, ctx.time.slot(slot)),
    )


def transfers_of(account: SlotAccount) -> list[Transfer]:
    """The slot's transfers, by the rules of the grid or of an island."""
    return settle_island(account) if account.island else settle_slot(account)


def _not_refused(tx: Connection, ctx: TradeContext, slot: int) -> npt.NDArray[np.bool_]:
    """Sites none of whose trades of the slot was blocked, rejected or cancelled: the others net nothing either."""
    refused = {
        site
        for each in slot_contracts(tx, slot)
        if each.state not in HOLDS
        for site in (each.seller_site, each.buyer_site)
    }
    return np.array([site not in refused for site in ctx.roster.ids])


def without_trade(account: SlotAccount) -> SlotAccount:
    """The same flows with no neighbour to trade with."""
    nothing = np.zeros(len(account.site_ids), np.int64)
    return replace(
        account,
        contracted_sell_wh=nothing,
        contracted_buy_wh=nothing,
        delivery=nothing_delivered(len(account.site_ids)),
        differences=no_differences(),
    )


def moved(transfers: list[Transfer]) -> list[Transfer]:
    """Only what moved money, free of the reservations it ended."""
    return [replace(each, pending_id="") for each in transfers if each.state is TransferState.POSTED]


def _close_contracts(tx: Connection, slot: int, account: SlotAccount) -> None:
    """Write each contract's metered part and end it."""
    settled = account.differences
    standing = [each for each in slot_contracts(tx, slot) if each.state in HOLDS]
    contracts.deliver(tx, dict(zip(settled.contracts, settled.metered_wh.tolist(), strict=True)))
    recorded = [each.digest for each in standing if each.state is ContractState.RECORDED]
    contracts.move(tx, recorded, ContractEvent.SETTLE)  # where the chain is late, its receipt ends the contract


def _save(tx: Connection, ctx: TradeContext, account: SlotAccount, net_ujpy: Column) -> None:
    """One row a site: what was contracted, metered, traded and paid, beside the same flows without trade."""
    no_trade = member_column(balances(moved(transfers_of(without_trade(account)))), ctx.roster.ids)
    rows = [
        SettlementRow(account.slot, site, *map(int, values))
        for site, *values in zip(
            account.site_ids,
            account.contracted_sell_wh,
            account.contracted_buy_wh,
            account.import_wh,
            account.export_wh,
            account.delivery.sold_wh,
            account.delivery.bought_wh,
            net_ujpy,
            no_trade,
            account.delivery.own_sold_wh,
            account.delivery.own_bought_wh,
            strict=True,
        )
    ]
    settlements.save(tx, rows)
