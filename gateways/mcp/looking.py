"""The tools that show a member its own home: the day, the plan, open and day-ahead orders, the mandate, and why."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.errors import Fault, InputRefused
from gateways.http.orders import order_record
from gateways.mcp.fields import LANGUAGE, PRICE, SITE, SLOT, START, known
from gateways.mcp.outside_text import SCHEMA, outside_text, plain
from gateways.mcp.schema import choice, flat, listing, text, whole, yes_no
from gateways.mcp.tool import Arguments, Call, Tool
from identity.action import Action
from memory import registry
from memory.books import settlements
from services.grid.grid_signals import holding
from services.members.site_status import status_of
from services.orders.day_ahead_outcome import outcomes
from services.orders.order_desk import book_of_slot


def _my_day(call: Call, _: Arguments) -> dict[str, Any]:
    time, now = call.doors.time, call.doors.steps.clock()
    slot = time.at(now)
    first = time.slots_of(time.day_of(slot))[0]
    with call.doors.steps.database.read() as tx:
        settled = [row for row in settlements.of_slots(tx, first, slot) if row.site_id in call.own_sites]
        found = [status_of(tx, each, now, time) for each in call.own_sites]
        stops = holding(tx, call.desk, slot)
    sites = [
        {
            "site": each.site_id,
            "trading": each.trading,
            "earned_today_ujpy": each.earned_ujpy,
            "sold_today_wh": sum(row.sold_wh for row in settled if row.site_id == each.site_id),
            "bought_today_wh": sum(row.bought_wh for row in settled if row.site_id == each.site_id),
            "reserve_wh": each.reserve_wh,
            "battery_wh": each.capacity_wh,
            **known(
                price_now_mjpy_per_kwh=each.price_now_mjpy_per_kwh,
                price_next_mjpy_per_kwh=each.price_next_mjpy_per_kwh,
                read_until=each.read_until.isoformat() if each.read_until else None,
            ),
        }
        for each in found
    ]
    said = [outside_text(f"grid operator {each.source}, who stopped trading", each.reason) for each in stops]
    zoned = now.astimezone(time.zone).isoformat()
    return {"now": zoned, "slot": slot, "slot_min": time.slot_min, "sites": sites, "outside_texts": said}


def _plan(call: Call, given: Arguments) -> dict[str, Any]:
    site = call.own_site(given["site"])
    with call.doors.steps.database.read() as tx:
        status = status_of(tx, site, call.doors.steps.clock(), call.doors.time)
    items = [each._asdict() | {"start": call.start(each.slot)} for each in status.plan]
    return {"site": site, "items": items}


def _orders(call: Call, given: Arguments) -> dict[str, Any]:
    own = set(call.own_sites)
    with call.doors.steps.database.read() as tx:
        resting = book_of_slot(tx, call.desk, given["slot"])
    return {"items": [order_record(each) for each in resting if each.site_id in own]}


def _day_ahead(call: Call, given: Arguments) -> dict[str, Any]:
    own = set(call.own_sites)
    try:
        day = date.fromisoformat(given["day"])
    except ValueError:
        raise InputRefused([Fault("day", "wrong_value", "send a day like 2026-05-21")]) from None
    with call.doors.steps.database.read() as tx:
        every = outcomes(tx, call.desk, day, given.get("language", "en"))
    items = [
        {
            "order": plain(each["id"]),
            "site": each["site"],
            "kind": each["kind"],
            "side": each["side"],
            "limit_mjpy_per_kwh": each["limit_mjpy_per_kwh"],
            "state": each["state"],
            "traded_wh": sum(each["traded_wh"].values()),
            "words": each["words"],
        }
        for each in every
        if each["site"] in own
    ]
    return {"day": str(day), "items": items}


def _mandate(call: Call, given: Arguments) -> dict[str, Any]:
    site = call.own_site(given["site"])
    with call.doors.steps.database.read() as tx:
        found = registry.mandates(tx).get(site)
    if found is None:
        raise InputRefused([Fault("site", "no_mandate", "this site has no mandate; its member gives one first")])
    return {
        "site": site,
        "version": found.version,
        "trading": found.active,
        "sell_min_mjpy_per_kwh": found.sell_min_mjpy_per_kwh,
        "buy_max_mjpy_per_kwh": found.buy_max_mjpy_per_kwh,
        "order_max_wh": found.order_max_wh,
        "reserve_wh": found.reserve_wh,
    }


def _why(call: Call, given: Arguments) -> dict[str, Any]:
    site = call.own_site(given["site"])
    assert call.doors.explain is not None, "the tool is offered where somebody explains"
    told = call.doors.explain(site, given["slot"], given.get("language", "en"))
    return {"outside_texts": [outside_text(f"writer {told.written_by}", each) for each in _lines(told.text)]}


def _lines(words: str) -> Sequence[str]:
    """So that each fits: by sentence."""
    ended = words.replace("。", "。\n").replace(". ", ".\n")
    return [each.strip() for each in ended.splitlines() if each.strip()]


MY_DAY = Tool(
    "my_day",
    "My day",
    "Your sites now: prices, whether trading is on, today's earnings in millionths of a yen, how fresh the readings "
    "are, and the current slot number that other tools take. Begin here.",
    flat({}),
    flat(
        {
            "now": text("The market's time"),
            "slot": SLOT,
            "slot_min": whole("Minutes of a slot"),
            "sites": listing(
                "Your sites",
                {
                    "site": SITE,
                    "trading": yes_no("Whether the mandate lets it trade"),
                    "earned_today_ujpy": whole("Received less paid today, millionths of a yen", -(2**53)),
                    "sold_today_wh": whole("Sold to neighbours today, Wh"),
                    "bought_today_wh": whole("Bought from neighbours today, Wh"),
                    "reserve_wh": whole("What the battery keeps for an outage, Wh"),
                    "battery_wh": whole("What the batteries hold together, Wh"),
                    "price_now_mjpy_per_kwh": PRICE,
                    "price_next_mjpy_per_kwh": PRICE,
                    "read_until": text("End of the last slot that was read"),
                },
                ("price_now_mjpy_per_kwh", "price_next_mjpy_per_kwh", "read_until"),
            ),
            "outside_texts": SCHEMA,
        }
    ),
    Action.SEE_HOME,
    _my_day,
)
WHY = Tool(
    "why_this_price",
    "Why this price",
    "Why your site traded at its price in a slot, in sentences whose every number is on record.",
    flat({"site": SITE, "slot": SLOT, "language": LANGUAGE}, ("language",)),
    flat({"outside_texts": SCHEMA}),
    Action.SEE_HOME,
    _why,
)
LOOKING: tuple[Tool, ...] = (
    MY_DAY,
    Tool(
        "plan",
        "Plan",
        "What a site of yours does in the coming slots: contracted both ways, and asked of its battery.",
        flat({"site": SITE}),
        flat(
            {
                "site": SITE,
                "items": listing(
                    "By slot; slots without anything are left out",
                    {
                        "slot": SLOT,
                        "start": START,
                        "sell_wh": whole("Contracted to sell, Wh"),
                        "buy_wh": whole("Contracted to buy, Wh"),
                        "charge_wh": whole("The battery charges, Wh"),
                        "discharge_wh": whole("The battery gives, Wh"),
                    },
                ),
            }
        ),
        Action.SEE_HOME,
        _plan,
    ),
    Tool(
        "my_orders",
        "My open orders",
        "Your own open orders of a slot.",
        flat({"slot": SLOT}),
        flat(
            {
                "items": listing(
                    "By turn",
                    {
                        "order": text("Its name, for cancel_order"),
                        "site": SITE,
                        "side": choice("Side", "buy", "sell"),
                        "limit_mjpy_per_kwh": PRICE,
                        "left_wh": whole("Still open, Wh"),
                        "traded_wh": whole("Traded already, Wh"),
                        "until": text("When it ends"),
                    },
                )
            }
        ),
        Action.SEE_HOME,
        _orders,
    ),
    Tool(
        "day_ahead",
        "Day-ahead orders",
        "Your day-ahead orders of a delivery day, and what became of each, in words.",
        flat({"day": text("Delivery day, e.g. 2026-05-21", 10), "language": LANGUAGE}, ("language",)),
        flat(
            {
                "day": text("The day"),
                "items": listing(
                    "By arrival",
                    {
                        "order": text("Its id"),
                        "site": SITE,
                        "kind": text("Its kind"),
                        "side": choice("Side", "buy", "sell"),
                        "limit_mjpy_per_kwh": PRICE,
                        "state": text("What became of it"),
                        "traded_wh": whole("Traded, Wh"),
                        "words": text("The same in words", 4_000),
                    },
                ),
            }
        ),
        Action.SEE_HOME,
        _day_ahead,
    ),
    Tool(
        "mandate",
        "Mandate",
        "What the member lets anybody trade at a site: the bounds of place_order. No tool changes it.",
        flat({"site": SITE}),
        flat(
            {
                "site": SITE,
                "version": whole("Version in force"),
                "trading": yes_no("Whether it may trade"),
                "sell_min_mjpy_per_kwh": PRICE,
                "buy_max_mjpy_per_kwh": PRICE,
                "order_max_wh": whole("Most energy in one order, Wh"),
                "reserve_wh": whole("What the battery keeps for an outage, Wh"),
            }
        ),
        Action.SEE_HOME,
        _mandate,
    ),
)
