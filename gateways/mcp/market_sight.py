"""The tools that show the market as everybody may see it: prices and books."""

from typing import Any

from gateways.http.orders import levels
from gateways.mcp.fields import LEVELS, PRICE, SLOT, START, known
from gateways.mcp.schema import flat, listing, text, whole
from gateways.mcp.tool import Arguments, Call, Tool
from identity.action import Action
from memory.trading import clearings
from services.orders.order_desk import book_of_slot


def _prices(call: Call, given: Arguments) -> dict[str, Any]:
    first, count = given["first_slot"], given.get("slots_count", 48)
    with call.doors.steps.database.read() as tx:
        found = clearings.between(tx, first, first + count - 1)
    return {
        "items": [
            {
                "slot": each.slot,
                "start": call.start(each.slot),
                "volume_wh": each.volume_wh,
                **known(price_mjpy_per_kwh=each.price_mjpy_per_kwh),
            }
            for each in found
        ]
    }


def _book(call: Call, given: Arguments) -> dict[str, Any]:
    slot = given["slot"]
    with call.doors.steps.database.read() as tx:
        resting = book_of_slot(tx, call.desk, slot)
    opens, closes = (each.astimezone(call.desk.time.zone).isoformat() for each in call.desk.window(slot))
    return {"slot": slot, "start": call.start(slot), "opens": opens, "closes": closes, **levels(resting)}


MARKET_SIGHT: tuple[Tool, ...] = (
    Tool(
        "prices",
        "Prices",
        "Cleared prices and volumes of slots; a slot that was not cleared is left out, one without trade has no price.",
        flat({"first_slot": SLOT, "slots_count": whole("How many slots, 48 by default", 1, 96)}, ("slots_count",)),
        flat(
            {
                "items": listing(
                    "By slot",
                    {"slot": SLOT, "start": START, "volume_wh": whole("Traded, Wh"), "price_mjpy_per_kwh": PRICE},
                    ("price_mjpy_per_kwh",),
                )
            }
        ),
        Action.SEE_MARKET,
        _prices,
    ),
    Tool(
        "book",
        "Order book",
        "What rests in a slot's book before its call, best limit first, nobody named; and when it is open.",
        flat({"slot": SLOT}),
        flat(
            {
                "slot": SLOT,
                "start": START,
                "opens": text("From when orders are taken"),
                "closes": text("Until when"),
                "bids": listing("Who would buy", LEVELS),
                "asks": listing("Who would sell", LEVELS),
            }
        ),
        Action.SEE_MARKET,
        _book,
    ),
)
