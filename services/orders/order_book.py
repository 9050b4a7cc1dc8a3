"""A slot's continuous book, replayed from its commands: who has what open, and what was traded.

The table of commands is the book; nothing else is kept of it. Replaying a neighbourhood's commands takes less than
reading them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from domain.connection import Connections
from domain.order import Side
from domain.trade import Venue
from market.continuous.book import ContinuousBook, Executions, Terms, replay
from market.continuous.command import Command, CommandKind, columns_of
from memory.trading.order_commands import OrderCommand
from memory.trading.trades import TradeRow
from services.market_time import MarketTime
from services.roster import Roster
from services.rules import DayRules, Rules
from services.steps import Steps

ENTERED_MAX = 64
"""Orders that one member may ever enter in one slot, cancelled ones included."""
ORDER = ":own:"
SLOT_DIGITS_MAX = 7


@dataclass(frozen=True, slots=True)
class Desk:
    """What the books of one market stand on."""

    market: str
    steps: Steps
    rules: Rules
    roster: Roster
    connections: Connections
    time: MarketTime

    def day_of(self, slot: int) -> date:
        """The local delivery day of a slot."""
        return self.time.day_of(slot)

    def rules_of(self, slot: int) -> DayRules:
        """The rules of the slot's day. Raises RuleValueUnusable."""
        return self.rules.of(self.day_of(slot))

    def window(self, slot: int) -> tuple[datetime, datetime]:
        """The first moment of the slot's book, and the first after it. UTC."""
        return self.time.moment("opens", slot), self.time.moment("closes", slot)

    def terms(self, slot: int) -> Terms:
        """What the slot's book is made for; its moments are seconds since 1970.

        It has room for all that every member may enter, so that no number of members fills it for another.
        """
        opens, closes = (seconds(moment) for moment in self.window(slot))
        members = {site.party_id for site in self.roster.sites}
        return Terms(self.rules_of(slot).corridor, opens, closes, ENTERED_MAX * max(len(members), 1))


class OpenOrder(NamedTuple):
    """One order that rests in a book. seq: the number of the command that entered it. left, filled: Wh. until: UTC."""

    slot: int
    seq: int
    site_id: str
    side: Side
    limit_mjpy_per_kwh: int
    left_wh: int
    filled_wh: int
    until: datetime

    @property
    def id(self) -> str:
        """Its public name."""
        return order_id(self.slot, self.seq)


def seconds(moment: datetime) -> int:
    """A moment as the books count it: whole seconds since 1970, rounded down."""
    return int(moment.timestamp())


def order_id(slot: int, seq: int) -> str:
    """The public name of the order that command ``seq`` of the slot's book entered."""
    return f"{slot}{ORDER}{seq:06d}"


def parsed_id(named: str) -> tuple[int, int] | None:
    """Slot and number of a public name, None when it is none."""
    slot, found, seq = named.partition(ORDER)
    if not (found and slot.isascii() and seq.isascii() and slot.isdecimal() and seq.isdecimal()):
        return None
    return (int(slot), int(seq)) if len(slot) <= SLOT_DIGITS_MAX else None


def replayed(desk: Desk, slot: int, rows: Sequence[OrderCommand]) -> ContinuousBook:
    """The slot's book as its commands make it."""
    return replay(desk.terms(slot), columns_of([command_of(desk.roster, row) for row in rows]))


def command_of(roster: Roster, row: OrderCommand) -> Command:
    """A command as the book takes it. Its party is the member, so that nobody trades between two sites of one's own."""
    names = sorted({site.party_id for site in roster.sites})
    party = names.index(roster.sites[roster.position[row.site_id]].party_id) if row.site_id else 0
    return Command(
        row.kind, row.moment, row.order_seq, party, row.side, row.limit_mjpy_per_kwh, row.energy_wh, row.until
    )


def open_orders(book: ContinuousBook, slot: int, rows: Sequence[OrderCommand]) -> list[OpenOrder]:
    """What rests in the book: bids from the highest limit on, then asks from the lowest, by turn."""
    site = {row.seq: row.site_id for row in rows if row.kind == CommandKind.SUBMIT}
    resting = book.resting()
    return [
        OpenOrder(slot, seq, site[seq], Side(side), limit, left_wh, filled_wh, datetime.fromtimestamp(until, UTC))
        for seq, side, limit, left_wh, filled_wh, until in zip(
            *(column.tolist() for column in (resting.order, resting.side, resting.limit_mjpy_per_kwh)),
            *(column.tolist() for column in (resting.left_wh, resting.filled_wh, resting.until)),
            strict=True,
        )
    ]


def trade_rows(slot: int, seq: int, done: Executions, site: dict[int, str]) -> list[TradeRow]:
    """What command ``seq`` traded, in order. site: by number of the command that entered an order."""
    columns = (done.sell_order, done.buy_order, done.energy_wh, done.price_mjpy_per_kwh)
    return [
        TradeRow(
            id=f"{order_id(slot, seq)}:{number:02d}",
            slot=slot,
            sell_order=order_id(slot, sell),
            buy_order=order_id(slot, buy),
            seller_site=site[sell],
            buyer_site=site[buy],
            energy_wh=energy_wh,
            price_mjpy_per_kwh=price,
            market=Venue.CONTINUOUS,
        )
        for number, (sell, buy, energy_wh, price) in enumerate(zip(*(each.tolist() for each in columns), strict=True))
    ]


def all_trades(desk: Desk, slot: int, rows: Sequence[OrderCommand]) -> Iterator[TradeRow]:
    """Every trade of a book, made again from its commands."""
    book = ContinuousBook(desk.terms(slot))
    site = {row.seq: row.site_id for row in rows if row.kind == CommandKind.SUBMIT}
    for row in rows:
        yield from trade_rows(slot, row.seq, book.apply(command_of(desk.roster, row)), site)
