"""What settlement says of a site on a day: energy, money, and each kind of payment that the money is made of.

A statement is provisional while its day is open: a slot that still waits adds to it, and the pool's share comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from memory.books import steps
from memory.trading import day_sums
from memory.trading.day_sums import DaySlots, DaySum
from memory.window import Sites, Window
from services.market_time import MarketTime
from services.orders.commitments import thread_of
from settlement.ledger import member

DAYS_MAX = 366
DAYS_SHOWN = 31


@dataclass(frozen=True, slots=True)
class Statement:
    """One site and day. summed: its settled slots. slots_of_day: how many the day has. closed: the pool's result was
    shared. lines: by kind of payment, received less paid, uJPY; they add up to what the day brought."""

    day: date
    summed: DaySum
    slots_of_day: int
    closed: bool
    lines: dict[str, int]

    @property
    def total_ujpy(self) -> int:
        """Received less paid, the pool's share included."""
        return sum(self.lines.values())


def days_shown(first: date | None, last: date | None, today: date) -> list[date]:
    """The days from first to last; without first a month that ends with last, without last to today.

    Raises InputRefused when they are more than a year or end before they begin.
    """
    last = last or (max(first, today) if first else today)
    first = first or last - timedelta(days=DAYS_SHOWN - 1)
    count = (last - first).days + 1
    if not 0 < count <= DAYS_MAX:
        raise InputRefused([Fault("to", "not_a_span", f"ask for 1 to {DAYS_MAX} days; {first} to {last} are {count}")])
    return [first + timedelta(days=place) for place in range(count)]


def statements(
    tx: Connection, market: str, time: MarketTime, sites: Sites, days: Sequence[date], window: Window
) -> list[Statement]:
    """The statements by day, then site; the window's key is (ordinal of the day, site)."""
    slots = {day.toordinal(): time.slots_of(day) for day in days}
    spans = [DaySlots(day, of_day[0], of_day[-1]) for day, of_day in slots.items()]
    sums = day_sums.settled(tx, sites, spans, window)
    shown = {each.day for each in sums}
    last = {day: thread_of(market, slots[day][-1]) for day in shown}
    closed = steps.done(tx, list(last.values()), "close")
    lines: dict[tuple[int, str], dict[str, int]] = {}
    accounts = {member(each.site_id) for each in sums}
    for line in day_sums.lines(tx, accounts, [span for span in spans if span.day in shown]) if sums else ():
        lines.setdefault((line.day, line.account), {})[line.kind] = line.value_ujpy
    return [
        Statement(
            date.fromordinal(each.day),
            each,
            len(slots[each.day]),
            last[each.day] in closed,
            lines.get((each.day, member(each.site_id)), {}),
        )
        for each in sums
    ]
