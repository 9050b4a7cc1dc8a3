"""What settlement and ledger say of sites, added up by local day; the caller says which slots a day has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    TableValuedAlias,
    case,
    cast,
    column,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from memory import tables
from memory.window import Sites, Window, at_sites, cut
from settlement.ledger import TransferState

SUMMED = ("contracted_sell_wh", "contracted_buy_wh", "import_wh", "export_wh", "sold_wh", "bought_wh", "net_ujpy")
SUMMED_WHERE_KNOWN = ("no_trade_ujpy", "own_sold_wh", "own_bought_wh")


class DaySlots(NamedTuple):
    """A day by its ordinal, and its first and last slot."""

    day: int
    first_slot: int
    last_slot: int


@dataclass(frozen=True, slots=True)
class DaySum:
    """One site's settled slots of one day, Wh and uJPY as in memory.books.settlements, which says what each is.

    slots: how many there are. no_trade_ujpy, own_sold_wh, own_bought_wh: None when one of them has none.
    """

    day: int
    site_id: str
    slots: int
    contracted_sell_wh: int
    contracted_buy_wh: int
    import_wh: int
    export_wh: int
    sold_wh: int
    bought_wh: int
    net_ujpy: int
    no_trade_ujpy: int | None
    own_sold_wh: int | None
    own_bought_wh: int | None


class LineSum(NamedTuple):
    """What an account received less what it paid by one kind of transfer on one day, uJPY."""

    day: int
    account: str
    kind: str
    value_ujpy: int


def settled(tx: Connection, sites: Sites, days: Sequence[DaySlots], window: Window) -> list[DaySum]:
    """The sums by day, then site; a day on which a site was not settled has none."""
    row, of = tables.settlement.c, _days(days)
    sums = [cast(func.sum(row[name]), BigInteger) for name in SUMMED]
    known = [
        case((func.count(row[name]) == func.count(), cast(func.sum(row[name]), BigInteger)))
        for name in SUMMED_WHERE_KNOWN
    ]
    found = select(of.c.day, row.site_id, func.count(), *sums, *known).join_from(
        tables.settlement, of, row.slot.between(of.c.first_slot, of.c.last_slot)
    )
    found = found.where(*at_sites(sites, row.site_id)).group_by(of.c.day, row.site_id)
    return [DaySum(*each) for each in tx.execute(cut(found, [of.c.day, row.site_id], window))]


def lines(tx: Connection, accounts: Iterable[str], days: Sequence[DaySlots]) -> list[LineSum]:
    """What was posted on each of the accounts, by day, account and kind. Reservations do not count."""
    among, transfer = list(accounts), tables.transfer.c
    paid = _posted(transfer.debit, -transfer.amount, among, days)
    received = _posted(transfer.credit, transfer.amount, among, days)
    both = union_all(received, paid).subquery()
    keys = [both.c.day, both.c.account, both.c.kind]
    wanted = select(*keys, cast(func.sum(both.c.value_ujpy), BigInteger)).group_by(*keys).order_by(*keys)
    return [LineSum(row[0], row[1], row[2], row[3]) for row in tx.execute(wanted)]


def _posted(
    account: "ColumnElement[str]", value_ujpy: "ColumnElement[int]", among: Sequence[str], days: Sequence[DaySlots]
) -> "Select[Any]":
    transfer, of = tables.transfer.c, _days(days)
    return (
        select(of.c.day, account.label("account"), transfer.kind, value_ujpy.label("value_ujpy"))
        .join_from(tables.transfer, of, transfer.slot.between(of.c.first_slot, of.c.last_slot))
        .where(transfer.state == str(TransferState.POSTED), account.in_(among))
    )


def _days(days: Sequence[DaySlots]) -> TableValuedAlias:
    arrays = (cast(list(values), ARRAY(BigInteger)) for values in zip(*days, strict=True))
    return func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in DaySlots._fields)).render_derived()
