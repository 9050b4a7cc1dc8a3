"""A day by hand against the meters, when they are back: what differs is listed, and each slot is settled once.

By then every slot of the day was settled on the utility's terms, as any slot without trading. The trades by hand are
settled on metered energy like all trades: what was not delivered or not taken is the utility's again, and nobody is
charged for a deviation. The imbalance adder on what was traded stays with the pool.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.hand_row import HandRow
from memory.books import ledger, steps
from memory.grid import hand_days
from memory.grid.hand_days import HandDay
from services.byhand.filing import is_approved
from services.context import TradeContext
from services.money.booking import SETTLEMENT, slot_contracts
from services.money.closing import SHARE
from services.money.settling import metered_of, slot_account, transfers_of
from services.orders.positions import HOLDS, positions
from settlement.by_hand import BY_HAND, corrections
from settlement.delivery import allocate
from settlement.ledger import TransferState

NODE = "by-hand"


class Difference(NamedTuple):
    """What was read by hand and what the meter says of one slot, Wh; None where nobody read it."""

    slot: int
    site: str
    import_wh: int | None
    metered_import_wh: int
    export_wh: int | None
    metered_export_wh: int


class Reconciled(NamedTuple):
    """differences: in order of the form. settled: slots whose trades by hand are settled, by this look or an earlier
    one. waiting: slots whose meters are not back."""

    differences: list[Difference]
    settled: list[int]
    waiting: list[int]


def reconcile(ctx: TradeContext, day: str) -> Reconciled:
    """Settle what can be settled of an approved day, and list what differs. Raises RuleBroken before it is approved."""
    with ctx.database.read() as tx:
        filed = _approved(tx, day)
        slots = sorted({each.slot for each in filed.rows})
        back = steps.done(tx, [ctx.thread(slot) for slot in slots], "settle")
    settled = [slot for slot in slots if ctx.thread(slot) in back]
    for slot in settled:
        _settle(ctx, slot, [each for each in filed.rows if each.slot == slot and each.buyer])
    with ctx.database.read() as tx:
        differences = [each for row in filed.rows if row.slot in settled for each in _difference(tx, ctx, row)]
    return Reconciled(differences, settled, [slot for slot in slots if slot not in settled])


def _approved(tx: Connection, day: str) -> HandDay:
    filed = hand_days.of_day(tx, day)
    if not filed or not is_approved(tx, filed[-1]):
        raise RuleBroken(f"no form of {day} is approved by two people: gridpact manual list")
    return filed[-1]


def _settle(ctx: TradeContext, slot: int, sales: Sequence[HandRow]) -> None:
    def work(tx: Connection) -> dict[str, Any]:
        if any(each.state in HOLDS for each in slot_contracts(tx, slot)):
            raise RuleBroken(f"slot {slot} has contracts of the market that stand: it was not run by hand")
        made = list(_corrections(tx, ctx, slot, sales))
        ledger.book(tx, made)
        return {"transfers": len(made), "sold_wh": sum(each.sold_wh for each in sales)}

    ctx.steps.run(ctx.thread(slot), NODE, SETTLEMENT, "settle", work)


def _corrections(tx: Connection, ctx: TradeContext, slot: int, sales: Sequence[HandRow]) -> Any:
    """The transfers that the slot's trades by hand make beside those that are booked."""
    if not sales:
        return []
    account = slot_account(tx, ctx, slot, metered_of(tx, ctx, slot), positions([], ctx.roster.position))
    sell_wh, buy_wh = np.zeros((2, len(ctx.roster.ids)), np.int64)
    for each in sales:
        sell_wh[ctx.roster.position[each.site]] += each.sold_wh
        buy_wh[ctx.roster.position[each.buyer]] += each.sold_wh
    nobody = np.zeros(len(ctx.roster.ids), np.bool_)
    delivery = allocate(sell_wh, buy_wh, account.export_wh, account.import_wh, nobody, nobody)
    by_hand = replace(
        account,
        contracted_sell_wh=sell_wh,
        contracted_buy_wh=buy_wh,
        delivery=replace(delivery, short_wh=0, long_wh=0),
        price_mjpy_per_kwh=np.full(len(ctx.roster.ids), sales[0].price_mjpy_per_kwh, np.int64),
    )
    wanted = [replace(each, pending_id="") for each in transfers_of(by_hand) if each.state is TransferState.POSTED]
    booked = [
        replace(each, pending_id="")
        for each in ledger.of_slots(tx, slot, slot)
        if each.state is TransferState.POSTED and each.kind not in (SHARE, BY_HAND)
    ]
    return corrections(slot, wanted, booked)


def _difference(tx: Connection, ctx: TradeContext, row: HandRow) -> list[Difference]:
    metered, at = metered_of(tx, ctx, row.slot), ctx.roster.position[row.site]
    found = int(metered.import_wh[at]), int(metered.export_wh[at])
    same = row.import_wh in {None, found[0]} and row.export_wh in {None, found[1]}
    return [] if same else [Difference(row.slot, row.site, row.import_wh, found[0], row.export_wh, found[1])]
