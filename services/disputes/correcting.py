"""What a site's bill comes to on the registers of now, less what was billed: the correction that data alone can settle.

Both bills are made by the same settlement from the same contracts, prices and mandates; only the disputed site's
registers differ. So nothing but the reading is in the difference, and nobody else's bill moves: the retailer carries
what the pool would have shared otherwise.
"""

from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from memory.books import settlements
from memory.books.settlements import SettlementRow
from memory.devices import readings
from services.context import TradeContext
from services.money.booking import slot_contracts
from services.money.settling import Metered, moved, slot_account
from services.orders.positions import positions
from settlement.books import balances
from settlement.ledger import member
from settlement.slot import settle_slot


def correction_ujpy(tx: Connection, ctx: TradeContext, site_id: str, first_slot: int, last_slot: int) -> int:
    """What the site would have received more in settled slots, uJPY; below zero what it would have paid more."""
    now = readings.history(tx, [site_id], first_slot, last_slot)
    by_slot: dict[int, list[SettlementRow]] = {}
    for row in settlements.of_slots(tx, first_slot, last_slot):
        by_slot.setdefault(row.slot, []).append(row)
    total = 0
    for slot, rows in by_slot.items():
        place = slot - first_slot
        import_wh, export_wh = int(now["import_wh"][0, place]), int(now["export_wh"][0, place])
        billed = next(row for row in rows if row.site_id == site_id)
        if min(import_wh, export_wh) >= 0 and (import_wh, export_wh) != (billed.import_wh, billed.export_wh):
            corrected = [
                replace(row, import_wh=import_wh, export_wh=export_wh) if row is billed else row for row in rows
            ]
            total += _net_ujpy(tx, ctx, corrected, site_id) - _net_ujpy(tx, ctx, rows, site_id)
    return total


def _net_ujpy(tx: Connection, ctx: TradeContext, rows: list[SettlementRow], site_id: str) -> int:
    """What the site receives less what it pays when these registers are billed."""
    slot, position = rows[0].slot, ctx.roster.position
    metered = Metered(*(_column(rows, name, position) for name in ("import_wh", "export_wh")))
    held = positions(slot_contracts(tx, slot), position)
    transfers = settle_slot(slot_account(tx, ctx, slot, metered, held))
    return balances(moved(transfers))[member(site_id)].ujpy if transfers else 0


def _column(rows: list[SettlementRow], name: str, position: dict[str, int]) -> Column:
    column = np.zeros(len(position), np.int64)
    for row in rows:
        column[position[row.site_id]] = getattr(row, name)
    return column
