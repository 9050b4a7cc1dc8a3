"""Tomorrow's orders: filed and withdrawn until the day's book closes, screened as any other order.

A filing is taken whole or refused whole, with every fault of every order: what is wrong, where, and what to do. An
order's key makes filing it again harmless: the same content counts once, other content under the same key is refused.
The rules are those of the slot's own market (mandate, corridor, one side a site and slot, credit, registration), asked
of the most that the order may trade in each slot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from domain.day_ahead_order import DayAheadOrder, with_descendants
from domain.errors import Fault, InputRefused
from domain.order import Book, Order, Side
from domain.product import Product
from domain.tariff import Corridor
from identity.credit import REFUSED as NO_CREDIT
from market.auction import admission
from market.auction.admission import Mandates
from market.blocks.filed import form_faults, session_of
from memory.trading import day_ahead, order_commands
from memory.trading.day_ahead import FiledRow
from policies.products import product
from services.members.day_limits import EXPIRED, SPENT, TRADED, beyond_mandates
from services.once import Asked, once
from services.orders.books import book_of
from services.orders.open_of_day import whole_of
from services.orders.order_book import Desk
from services.orders.screening import credit_told, credit_words, require_registration, without_credit
from services.orders.unreserved import unreserved_ujpy
from services.roster import mandates_in_force

PRODUCT = "day_ahead"
ORDERS_MAX = 200
"""In one filing: beyond, a member's program has lost its way."""
TO_DO = {
    "no_energy": "an order needs at least 1 Wh in each slot",
    "paused": "the mandate of the site is paused: resume it, then file again",
    "above_order_max": "the mandate allows less energy for one order and slot: file less, or change the mandate",
    "outside_corridor": "the limit lies outside the day's price corridor: move it inside",
    "below_sell_min": "the limit is below what the mandate sells for: raise it, or change the mandate",
    "above_buy_max": "the limit is above what the mandate pays: lower it, or change the mandate",
    "own_other_side": "another order of the site stands on the other side of the slot: withdraw one of the two",
    EXPIRED: "the mandate does not reach to this day: give one that does, then file again",
    SPENT: "the mandate allows less money on this day, with all that was bought and ordered: file less",
    TRADED: "the mandate allows less energy on this day, with all that was traded and ordered: file less",
    NO_CREDIT: "what is open and this order exceed the member's credit: pay, or file less",
}


def session_thread(desk: Desk, day: date) -> str:
    """The name of a day's session, known before it is held."""
    return f"day-ahead:{desk.market}:{day}"


def product_of(desk: Desk, day: date) -> Product:
    """The day-ahead product as the rule pack has it. Raises RuleValueUnusable, and InputRefused where its slots are not
    the market's."""
    found = product(desk.rules.on(day), PRODUCT, day)
    if found.slot_min != desk.time.slot_min:
        said = (
            f"the session trades slots of {found.slot_min} minutes, the market of {desk.time.slot_min}: mend the pack"
        )
        raise InputRefused([Fault(f"{desk.rules.pack.id}:{PRODUCT}.slot_length", "other_slots", said)])
    return found


def file(desk: Desk, day: date, orders: Sequence[DayAheadOrder], by: str | None = None, key: str = "") -> int:
    """File orders for a day; how many there are, those known before included.

    by: the party that files, None for the operator. key: the sender's own, empty for none: then the filing is known by
    what it says. Raises InputRefused with every fault, Conflict when a key has other
    content, RuleBroken without a registration, PermissionDenied, RuleValueUnusable; then nothing of it is kept.
    """

    def work(tx: Connection) -> dict[str, Any]:
        day_ahead.lock(tx)
        known = day_ahead.of_day(tx, day)
        names = {row.order.id for row in known}
        new = [order for order in orders if order.id not in names]
        numbered = [replace(order, entered=at) for at, order in enumerate(new, len(known))]
        _refuse(_gone_faults(known, orders))
        if new:
            require_registration(desk.roster)
            standing = [row.order for row in known if row.withdrawn_at is None]
            _refuse([*_time_faults(desk, day), *faults_of(tx, desk, day, standing, numbered, by)])
        moment = desk.steps.clock()
        again = [order for order in orders if order.id in names]
        day_ahead.file(tx, [FiledRow(day, order, moment) for order in (*again, *numbered)])
        return {"orders": len(orders)}

    _refuse(_count_faults(orders))
    asked = _asked(desk, day, key, by, [repr(replace(order, entered=0)) for order in orders])
    return int(once(desk.steps, asked, "file", "identity", "screen", work)["orders"])


def withdraw(desk: Desk, day: date, ids: Sequence[str], by: str | None = None, key: str = "") -> int:
    """Take orders back before the book closes; how many were asked for. Those withdrawn before stay so.

    A block goes only with the blocks that lean on it. Raises InputRefused with every fault, PermissionDenied.
    """

    def work(tx: Connection) -> dict[str, Any]:
        day_ahead.lock(tx)
        standing = {row.order.id: row.order for row in day_ahead.of_day(tx, day) if row.withdrawn_at is None}
        known = {row.order.id for row in day_ahead.of_day(tx, day)}
        unknown = [_unknown_order(each, known) for each in ids if each not in known]
        foreign = [_not_yours(each) for each in ids if each in standing and not _may(desk, standing[each].site_id, by)]
        left = with_descendants(list(standing.values()), set(ids)) - set(ids)
        leaning = [
            Fault(each, "leans_on", f"it leans on {standing[each].parent_id}: withdraw both") for each in sorted(left)
        ]
        _refuse([*_time_faults(desk, day), *unknown, *foreign, *leaning])
        return {"withdrawn": day_ahead.withdraw(tx, day, ids, desk.steps.clock())}

    once(desk.steps, _asked(desk, day, key, by, sorted(ids)), "withdraw", "identity", "screen", work)
    return len(ids)


def _asked(desk: Desk, day: date, key: str, by: str | None, said: list[str]) -> Asked:
    thread = session_thread(desk, day)
    return Asked(f"{thread}:{by or ''}:{key}", key, said) if key else Asked(f"{thread}:{digest(said)}", "", said)


def faults_of(
    tx: Connection,
    desk: Desk,
    day: date,
    standing: Sequence[DayAheadOrder],
    new: Sequence[DayAheadOrder],
    by: str | None = None,
) -> list[Fault]:
    """Everything that speaks against new orders beside those that stand, in their order; empty when they may enter."""
    found = list(_form_faults(desk, day, new, by))
    wrong = {fault.where for fault in found}
    sound = [order for order in new if order.id not in wrong]
    names = {order.id for order in sound}
    found += _admission_faults(tx, desk, day, standing, sound)
    found += _credit_faults(tx, desk, day, standing, sound)
    found += _day_faults(tx, desk, day, standing, sound)
    told = {(fault.where, fault.code) for fault in found}
    corridor = desk.rules.of(day).corridor
    session = session_of([*standing, *sound], desk.roster.position, desk.time.slots_of(day), corridor)
    for fault in session.faults():
        where = fault.where.split("@")[0]
        if (where in names or fault.where == "session") and (where, fault.code) not in told:
            told.add((where, fault.code))
            found.append(Fault(where, fault.code, f"{fault.message}; mend the order"))
    return found


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InputRefused(faults)


def _gone_faults(known: Sequence[FiledRow], orders: Sequence[DayAheadOrder]) -> list[Fault]:
    """A key is used once: a withdrawn order does not come back under it."""
    gone = {row.order.id for row in known if row.withdrawn_at is not None}
    said = "this order was withdrawn: file it under a new key"
    return [Fault(order.id, "withdrawn", said) for order in orders if order.id in gone]


def _count_faults(orders: Sequence[DayAheadOrder]) -> list[Fault]:
    if not orders:
        return [Fault("orders", "empty", "there is no order in the filing: name one or more")]
    if len(orders) > ORDERS_MAX:
        return [Fault("orders", "too_many", f"{len(orders)} orders in one filing; send {ORDERS_MAX} at most")]
    twice = sorted({each.id for at, each in enumerate(orders) if each.id in {other.id for other in orders[:at]}})
    return [Fault(name, "duplicate", "two orders of the filing bear this key: rename one") for name in twice]


def _time_faults(desk: Desk, day: date) -> Iterator[Fault]:
    """The book is open from the product's opening until just before it closes."""
    traded, first, now = product_of(desk, day), desk.time.slot(desk.time.slots_of(day)[0]), desk.steps.clock()
    opens, closes = (traded.moment(stage, first, desk.time.zone) for stage in ("opens", "closes"))
    if now < opens:
        yield Fault(
            str(day), "not_open", f"the book opens at {opens.astimezone(desk.time.zone):%Y-%m-%d %H:%M}: file then"
        )
    if now >= closes:
        said = f"the book closed at {closes.astimezone(desk.time.zone):%Y-%m-%d %H:%M}: trade in the slots themselves"
        yield Fault(str(day), "closed", said)


def _form_faults(desk: Desk, day: date, new: Sequence[DayAheadOrder], by: str | None) -> Iterator[Fault]:
    slots = set(desk.time.slots_of(day))
    for order in new:
        if order.site_id not in desk.roster.position:
            near = get_close_matches(order.site_id, desk.roster.ids, 1)
            hint = f"did you mean {near[0]}?" if near else "see the sites that are registered"
            yield Fault(order.id, "unknown_site", f"no site {order.site_id!r} takes part; {hint}")
        elif not _may(desk, order.site_id, by):
            yield _not_yours(order.id)
        if not slots.issuperset(order.slots):
            yield Fault(order.id, "other_day", f"its slots are not all of {day}: file one day at a time")
        yield from form_faults(order)


def _may(desk: Desk, site_id: str, by: str | None) -> bool:
    """Whether a party may trade for a site: its own, or any for the operator."""
    return by is None or desk.roster.sites[desk.roster.position[site_id]].party_id == by


def _not_yours(name: str) -> Fault:
    return Fault(name, "not_yours", "only the site's own member files and withdraws for it: use that member's token")


def _unknown_order(name: str, known: set[str]) -> Fault:
    near = get_close_matches(name, sorted(known), 1)
    hint = f"did you mean {near[0]}?" if near else "nothing of that name was filed for the day"
    return Fault(name, "unknown_order", f"there is no order {name!r}; {hint}")


def _admission_faults(
    tx: Connection, desk: Desk, day: date, standing: Sequence[DayAheadOrder], new: Sequence[DayAheadOrder]
) -> Iterator[Fault]:
    """Mandate and corridor, slot by slot: one fault an order and reason, with the first slot that has it."""
    mandates, corridor = mandates_in_force(tx, desk.roster), desk.rules.of(day).corridor
    names, told = {order.id for order in new}, set[tuple[str, str]]()
    for slot in desk.time.slots_of(day):
        rows = [_in_slot(order, slot) for order in (*standing, *new) if slot in order.slot_wh]
        for row, reasons in zip(rows, _reasons(book_of(rows, desk.roster.position), mandates, corridor), strict=True):
            for code in reasons:
                if row.id in names and (row.id, code) not in told:
                    told.add((row.id, code))
                    yield Fault(row.id, code, f"{desk.time.label(slot)}: {TO_DO[code]}")


def _reasons(book: Book, mandates: Mandates, corridor: Corridor) -> list[list[str]]:
    """All that speaks against each order: what is wrong with it by itself, or else that it stands on the other side."""
    alone, codes = admission.faults(book, mandates, corridor), admission.admit(book, mandates, corridor)
    words = list(admission.REASONS.values())
    found = [[word for word, holds in zip(words, column, strict=False) if holds] for column in alone.T.tolist()]
    return [
        reasons or ([admission.REASONS[code]] if code else [])
        for reasons, code in zip(found, codes.tolist(), strict=True)
    ]


def _in_slot(order: DayAheadOrder, slot: int) -> Order:
    """The most of it in one slot, as an order of that slot."""
    limit, energy_wh = order.limit_mjpy_per_kwh, order.slot_wh[slot]
    return Order(order.id, slot, order.site_id, order.side, limit, energy_wh, order.entered)


def _credit_faults(
    tx: Connection, desk: Desk, day: date, standing: Sequence[DayAheadOrder], new: Sequence[DayAheadOrder]
) -> Iterator[Fault]:
    """Purchases that go beyond the member's credit with all it has open in every venue; those that
    stand count first, a refused one uses up nothing."""
    rules, names = desk.rules.of(day), {order.id for order in new}
    wholes = [whole_of(order) for order in (*standing, *new) if order.side is Side.BUY]
    sites, position = desk.roster.sites, desk.roster.position
    order_commands.lock_parties(tx, {sites[position[order.site_id]].party_id for order in new})
    open_ujpy = unreserved_ujpy(tx, desk, desk.time.slots_of(day)[0], {order.id for order in wholes})
    refused = without_credit(tx, rules, desk.roster, wholes, open_ujpy)
    late = [each for each in wholes if each.id in refused and each.id in names]
    told = credit_told(tx, rules, desk.roster, [each.site_id for each in late])
    for order in late:
        yield Fault(order.id, NO_CREDIT, f"{TO_DO[NO_CREDIT]}: {credit_words(told[order.site_id])}")


def _day_faults(
    tx: Connection, desk: Desk, day: date, standing: Sequence[DayAheadOrder], new: Sequence[DayAheadOrder]
) -> Iterator[Fault]:
    """Orders beyond what a mandate allows on the day, with all that was traded and ordered for it."""
    names = {order.id for order in new}
    refused = beyond_mandates(tx, desk, day, [whole_of(order) for order in (*standing, *new)])
    return (Fault(name, reason, TO_DO[reason]) for name, reason in refused.items() if name in names)
