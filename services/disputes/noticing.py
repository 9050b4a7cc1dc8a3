"""A settled day is searched for trouble between parties before anybody complains.

Where data alone can settle it (a reading came or changed after the bill), a dispute is opened for the member and a
correction offered. Everything else is an alarm that names the trouble and the way to dispute it: whether somebody owes
something for it, data cannot say.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from domain.quantity import UJPY_PER_JPY
from memory import alarms
from memory.books import settlements, steps
from memory.books.settlements import SettlementRow
from memory.casework import disputes
from memory.devices import readings
from services.context import TradeContext
from services.disputes.correcting import correction_ujpy
from services.disputes.docket import Docket
from services.disputes.opening import Complaint, free_ujpy, open_within
from settlement.trouble import changed, disagreeing, short, unusual

NOTICED = "dispute.noticed"
METER_VALUE = "meter_value"
OWN_DAYS, DAYS_BACK = 28, 7
IN, OUT = ("import_wh", "generation_wh", "discharge_wh"), ("export_wh", "charge_wh")


def notice_closed_days(ctx: TradeContext, today: date) -> None:
    """Search the closed days of the week before today: a reading may come days after its bill."""
    for back in range(DAYS_BACK, 0, -1):
        day = today - timedelta(back)
        last = ctx.time.slots_of(day)[-1]
        with ctx.database.read() as tx:
            closed = steps.find(tx, ctx.thread(last), "close") is not None
        if closed:
            notice_trouble(ctx, day)


def notice_trouble(ctx: TradeContext, day: date) -> dict[str, int]:
    """Search one day's settled slots; how often each kind of trouble was noticed anew. Safe to do again."""
    slots = ctx.time.slots_of(day)
    with ctx.database.begin("notice-trouble") as tx:
        rows = settlements.of_slots(tx, slots[0], slots[-1])
        if not rows:
            return {}
        known = readings.history(tx, ctx.roster.ids, slots[0], slots[-1])
        return {
            "late": _late(tx, ctx, slots, rows, known),
            "short": _short(tx, ctx, day, rows),
            "disagreeing": _disagreeing(tx, ctx, day, known),
            "unusual": _unusual(tx, ctx, day, rows),
        }


def _late(tx: Connection, ctx: TradeContext, slots: list[int], rows: list[SettlementRow], known: Any) -> int:
    """Open a dispute, with the correction held, for every site that should have been billed less."""
    billed = {name: _grid(ctx, rows, slots, name) for name in ("import_wh", "export_wh")}
    differs = changed(billed["import_wh"], known["import_wh"]) | changed(billed["export_wh"], known["export_wh"])
    differs &= _grid(ctx, rows, slots, "slot") > 0
    docket, opened = Docket(ctx.steps, ctx.rules, ctx.time), 0
    for position in np.flatnonzero(differs.any(axis=1)).tolist():
        site, places = ctx.roster.ids[position], np.flatnonzero(differs[position])
        span = slots[int(places[0])], slots[int(places[-1])]
        claim = Complaint(METER_VALUE, site, *span, 0, "")
        due = correction_ujpy(tx, ctx, site, *span) - _claimed(tx, site, *span)
        held = min(due, free_ujpy(tx, claim))
        if held > 0:
            complaint = Complaint(
                METER_VALUE, site, *span, held, f"noticed: a reading changed after the bill of {site}"
            )
            opened += open_within(tx, docket, docket.of_today(tx), complaint, None).opened_at == ctx.now()
    return opened


def _claimed(tx: Connection, site: str, first_slot: int, last_slot: int) -> int:
    found = disputes.touching(tx, site, first_slot, last_slot)
    return sum(each.disputed_ujpy if each.outcome is None else each.paid_ujpy for each in found)


def _short(tx: Connection, ctx: TradeContext, day: date, rows: list[SettlementRow]) -> int:
    """Sellers who delivered too little over the day of what they sold."""
    sold, own = (_of_day(ctx, rows, name) for name in ("contracted_sell_wh", "own_sold_wh"))
    flags = short(sold, own, ctx.rules.on(day).value("notice_short_share", day))
    return sum(
        _alarm(tx, ctx, "short", ctx.roster.ids[at], day, {"sold_wh": int(sold[at]), "delivered_wh": int(own[at])})
        for at in np.flatnonzero(flags).tolist()
    )


def _disagreeing(tx: Connection, ctx: TradeContext, day: date, known: dict[str, Column]) -> int:
    """Homes of which more came than their meters say went in, over the slots of the day that were read."""
    read = known["import_wh"] >= 0
    into, out = (np.asarray(sum(np.where(read, known[name], 0) for name in names)).sum(axis=1) for names in (IN, OUT))
    flags = disagreeing(into, out, ctx.rules.on(day).value("notice_meter_share", day))
    return sum(
        _alarm(tx, ctx, "disagreeing", ctx.roster.ids[at], day, {"into_wh": int(into[at]), "out_of_wh": int(out[at])})
        for at in np.flatnonzero(flags).tolist()
    )


def _unusual(tx: Connection, ctx: TradeContext, day: date, rows: list[SettlementRow]) -> int:
    """Days that were billed unlike the member's own days before; only whole days compare."""
    pack, bills = ctx.rules.on(day), _bills_before(tx, ctx, day)
    names = ("notice_bill_spreads", "notice_bill_days", "notice_bill_least")
    spreads, days_min, least = (pack.value(name, day) for name in names)
    found = 0
    for at, bill in enumerate(_of_day(ctx, rows, "net_ujpy").tolist()):
        if unusual(bill, bills[site := ctx.roster.ids[at]], spreads, days_min, least):
            found += _alarm(tx, ctx, "unusual", site, day, {"bill_jpy": -bill // UJPY_PER_JPY})
    return found


def _bills_before(tx: Connection, ctx: TradeContext, day: date) -> dict[str, list[int]]:
    """Each site's net of every day settled before, over four weeks, uJPY."""
    first = ctx.time.slots_of(day - timedelta(OWN_DAYS))[0]
    sums: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in settlements.of_slots(tx, first, ctx.time.slots_of(day)[0] - 1):
        sums[row.site_id][ctx.day_of(row.slot)] += row.net_ujpy
    return defaultdict(list, {site: list(by_day.values()) for site, by_day in sums.items()})


def _alarm(tx: Connection, ctx: TradeContext, kind: str, site: str, day: date, facts: dict[str, int]) -> bool:
    figures = ", ".join(f"{name} {value}" for name, value in facts.items())
    body = {
        "trouble": kind,
        "day": str(day),
        **facts,
        "text": f"{site} on {day}: {kind} ({figures}); whoever it costs may dispute it",
        "text_ja": f"{day}の{site}：{_JA[kind]}（{figures}）。不利益を受けた方は異議を申し立てられます。",
    }
    return alarms.sound(tx, ctx.now(), NOTICED, site, body)


_JA = {"short": "引渡し不足", "disagreeing": "計量値の不一致", "unusual": "通常と異なる請求"}


def _grid(ctx: TradeContext, rows: list[SettlementRow], slots: list[int], name: str) -> Column:
    """One figure by site and slot, zero where nothing was settled. Shape (sites, slots), int64."""
    grid, position = np.zeros((len(ctx.roster.ids), len(slots)), np.int64), ctx.roster.position
    for row in rows:
        grid[position[row.site_id], row.slot - slots[0]] = getattr(row, name)
    return grid


def _of_day(ctx: TradeContext, rows: list[SettlementRow], name: str) -> Column:
    """One figure added up over the day by site. Shape (sites,), int64."""
    total, position = np.zeros(len(ctx.roster.ids), np.int64), ctx.roster.position
    for row in rows:
        total[position[row.site_id]] += getattr(row, name) or 0
    return total
