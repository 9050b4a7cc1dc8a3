"""The tools that act: orders inside the mandate, and a pause. Each is done once for its ``idempotency_key``.

None of them takes a word from a model that something was confirmed: what may be done stands in the mandate, which no
tool changes, and in what the member granted.
"""

from typing import Any

from gateways.mcp.fields import LEVELS, PRICE, SITE, SLOT
from gateways.mcp.schema import choice, flat, listing, text, whole, yes_no
from gateways.mcp.tool import SIDES, Arguments, Call, Tool
from identity.action import Action
from market.continuous.command import CommandKind
from services.members.site_pause import pause_site, resume_site
from services.orders.order_desk import Instruction, instruct

KEY = text("A word of yours for this very action: sent again with the same content it is done once", 100)
WHOLE_SAFE_MAX = 10**9
ORDER_GIVES = {
    "order": text("The order's name"),
    "left_wh": whole("What rests in the book, Wh"),
    "prevented_wh": whole("What was not traded because both sides were yours, Wh"),
    "trades": listing("What traded at once", {"energy_wh": whole("Wh"), "price_mjpy_per_kwh": PRICE}),
}


def _place(call: Call, given: Arguments) -> dict[str, Any]:
    site = call.own_site(given["site"])
    wanted = Instruction(
        kind=CommandKind.SUBMIT,
        person=call.party,
        key=_key(call, given),
        slot=given["slot"],
        site_id=site,
        side=SIDES[given["side"]],
        limit_mjpy_per_kwh=given["limit_mjpy_per_kwh"],
        energy_wh=given["energy_wh"],
    )
    return instruct(call.desk, wanted)


def _cancel(call: Call, given: Arguments) -> dict[str, Any]:
    said = Instruction(CommandKind.CANCEL, call.party, _key(call, given), order=given["order"])
    return instruct(call.desk, said)


def _pause(call: Call, given: Arguments) -> dict[str, Any]:
    steps, site = call.doors.steps, call.own_site(given["site"])
    return pause_site(steps, _who(call), site, given["idempotency_key"])


def _resume(call: Call, given: Arguments) -> dict[str, Any]:
    steps, site = call.doors.steps, call.own_site(given["site"])
    return resume_site(steps, _who(call), site, given["idempotency_key"])


def _key(call: Call, given: Arguments) -> str:
    """Two programs may choose the same word for different orders."""
    return f"mcp:{call.asker.client_id}:{given['idempotency_key']}"


def _who(call: Call) -> str:
    """Under which name a program's pause stands, for each account it acts for."""
    return f"mcp.{call.asker.client_id}.{call.asker.principal.account}"


ACTING: tuple[Tool, ...] = (
    Tool(
        "place_order",
        "Place an order",
        "Place an order of a site of yours for a slot whose book is open (book tells), inside the mandate (mandate "
        "tells). It may trade at once, which binds the member. Every reason against it comes back at once.",
        flat(
            {
                "idempotency_key": KEY,
                "site": SITE,
                "slot": SLOT,
                "side": choice("Whether to buy or to sell", "buy", "sell"),
                "limit_mjpy_per_kwh": LEVELS["limit_mjpy_per_kwh"] | {"maximum": WHOLE_SAFE_MAX},
                "energy_wh": whole("Energy of the whole order, Wh", 1, WHOLE_SAFE_MAX),
            }
        ),
        flat(ORDER_GIVES),
        Action.PLACE_ORDER,
        _place,
        acts=True,
        destructive=True,
    ),
    Tool(
        "cancel_order",
        "Cancel an order",
        "Take the open rest of an order of yours out of the book; what it traded stays.",
        flat({"idempotency_key": KEY, "order": text("The order's name, as place_order or my_orders told it")}),
        flat(ORDER_GIVES),
        Action.PLACE_ORDER,
        _cancel,
        acts=True,
        destructive=True,
    ),
    Tool(
        "pause_trading",
        "Pause trading",
        "Stop trading at a site of yours from the next book on. Contracts that stand are still delivered.",
        flat({"idempotency_key": KEY, "site": SITE}),
        flat({"site": SITE, "trading": yes_no("Whether it trades now")}),
        Action.PAUSE_TRADING,
        _pause,
        acts=True,
        destructive=True,
    ),
    Tool(
        "resume_trading",
        "Resume trading",
        "Take back a pause that you made with pause_trading. A pause of anybody else stays: its member ends it.",
        flat({"idempotency_key": KEY, "site": SITE}),
        flat({"site": SITE, "trading": yes_no("Whether it trades now")}),
        Action.PAUSE_TRADING,
        _resume,
        acts=True,
    ),
)
