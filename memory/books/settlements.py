"""What each site contracted, metered, traded and paid in a slot, beside the same flows without trade."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One site in one slot. Energy in Wh. net_ujpy: received less paid; no_trade_ujpy: the same had there been no
    neighbours, None when nobody worked it out. own_sold_wh, own_bought_wh: the part of sold and bought that fulfils the
    site's own contracts, the rest met in the pool; None in slots that were settled before anybody kept it."""

    slot: int
    site_id: str
    contracted_sell_wh: int
    contracted_buy_wh: int
    import_wh: int
    export_wh: int
    sold_wh: int
    bought_wh: int
    net_ujpy: int
    no_trade_ujpy: int | None = None
    own_sold_wh: int | None = None
    own_bought_wh: int | None = None


def save(tx: Connection, rows: Sequence[SettlementRow]) -> None:
    """Write rows. Raises Conflict when a slot and site has other content."""
    write_once(tx, tables.settlement, [asdict(row) for row in rows])


def of_slots(tx: Connection, first_slot: int, last_slot: int) -> list[SettlementRow]:
    """The rows of slots from first to last, by slot, then site."""
    settled = tables.settlement.c
    wanted = select(tables.settlement).where(settled.slot.between(first_slot, last_slot))
    return [SettlementRow(*row) for row in tx.execute(wanted.order_by(settled.slot, settled.site_id))]
