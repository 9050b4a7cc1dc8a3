"""The end of continuous trading: what rests enters the slot's call, once; and whose mandate is paused rests nowhere."""

from sqlalchemy import Connection

from domain.order import Order
from market.continuous.book import ContinuousBook
from market.continuous.command import CommandKind
from memory import registry
from memory.trading import order_commands
from memory.trading.order_commands import OrderCommand
from services.orders.order_book import Desk, command_of, open_orders, replayed, seconds
from services.orders.order_record import write


def close_book(tx: Connection, desk: Desk, slot: int) -> list[Order]:
    """End the slot's continuous trading and return what rests as orders of its call, by priority. Standard orders:
    no device follows them. To be called in the transaction that writes them down."""
    order_commands.lock(tx, slot)
    rows = order_commands.of_slot(tx, desk.market, slot)
    if not rows:
        return []
    book = replayed(desk, slot, rows)
    closes = seconds(desk.window(slot)[1])
    cancel_paused(tx, desk, book, slot, rows, max(row.moment for row in rows))
    expired = OrderCommand(desk.market, slot, len(rows), int(CommandKind.EXPIRE), closes)
    book.apply(command_of(desk.roster, expired))
    write(tx, desk.steps, expired)
    return [
        Order(each.id, slot, each.site_id, each.side, each.limit_mjpy_per_kwh, each.left_wh, entered)
        for entered, each in enumerate(open_orders(book, slot, rows))
    ]


def cancel_paused(
    tx: Connection, desk: Desk, book: ContinuousBook, slot: int, rows: list[OrderCommand], moment: int
) -> None:
    """Take out, as the market itself, what members rest whose mandates are paused; the commands go to ``rows`` too."""
    paused = {site for site, mandate in registry.mandates(tx).items() if not mandate.active}
    for each in open_orders(book, slot, rows):
        if each.site_id in paused:
            cancel = int(CommandKind.CANCEL)
            taken = OrderCommand(desk.market, slot, len(rows), cancel, moment, each.seq, each.site_id)
            book.apply(command_of(desk.roster, taken))
            write(tx, desk.steps, taken)
            rows.append(taken)
