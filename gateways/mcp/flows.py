"""The tools that list what one's sites traded and contracted, page by page."""

from typing import Any

from domain.errors import Fault, InputRefused
from gateways.mcp.fields import PAGE_MAX, PRICE, SITE, SLOT, START, known
from gateways.mcp.schema import choice, flat, listing, text, whole
from gateways.mcp.tool import Arguments, Call, Tool
from identity.action import Action
from memory.trading import contracts, trades

PAGE = {
    "first_slot": SLOT,
    "last_slot": SLOT,
    "cursor": text("next_cursor of the page before, for the following page"),
    "limit_count": whole("How many at most, 50 by default", 1, PAGE_MAX),
}
NEXT = text("Send as cursor for the next page; not there on the last page")


def _trades(call: Call, given: Arguments) -> dict[str, Any]:
    own = set(call.own_sites)
    with call.doors.steps.database.read() as tx:
        every = trades.between(tx, *_span(given))
    found = [
        {
            "id": each.id,
            "slot": each.slot,
            "start": call.start(each.slot),
            "site": site,
            "side": side,
            "energy_wh": each.energy_wh,
            "price_mjpy_per_kwh": each.price_mjpy_per_kwh,
            "market": str(each.market),
        }
        for each in every
        for side, site in (("sell", each.seller_site), ("buy", each.buyer_site))
        if site in own
    ]
    return _page(found, given)


def _contracts(call: Call, given: Arguments) -> dict[str, Any]:
    own = set(call.own_sites)
    with call.doors.steps.database.read() as tx:
        every = contracts.between(tx, *_span(given))
    found = [
        {
            "id": each.digest,
            "slot": each.slot,
            "start": call.start(each.slot),
            "site": site,
            "side": side,
            "energy_wh": each.energy_wh,
            "price_mjpy_per_kwh": each.price_mjpy_per_kwh,
            "state": str(each.state),
            **known(delivered_wh=each.delivered_wh),
        }
        for each in every
        for side, site in (("sell", each.seller_site), ("buy", each.buyer_site))
        if site in own
    ]
    return _page(found, given)


def _span(given: Arguments) -> tuple[int, int]:
    first, last = given["first_slot"], given["last_slot"]
    if not first <= last < first + PAGE_MAX * 20:
        said = f"send a last_slot from first_slot on, at most {PAGE_MAX * 20} slots later"
        raise InputRefused([Fault("last_slot", "wrong_value", said)])
    return first, last


def _page(found: list[dict[str, Any]], given: Arguments) -> dict[str, Any]:
    """A page in the order of the list; a cursor names the last item of the page before."""
    names = [f"{each['slot']}.{each['id']}.{each['side']}" for each in found]
    after, most = given.get("cursor"), given.get("limit_count", 50)
    if after is not None and after not in names:
        said = "send the next_cursor of the page before, with the same slots, or none to begin anew"
        raise InputRefused([Fault("cursor", "wrong_value", said)])
    start = names.index(after) + 1 if after is not None else 0
    page = found[start : start + most]
    more = {"next_cursor": names[start + most - 1]} if start + most < len(found) else {}
    return {"items": page, **more}


_FLOWS = {
    "id": text("Its id"),
    "slot": SLOT,
    "start": START,
    "site": SITE,
    "side": choice("Which side your site is on", "buy", "sell"),
    "energy_wh": whole("Energy, Wh"),
    "price_mjpy_per_kwh": PRICE,
}
_OPTIONAL_PAGE = ("cursor", "limit_count")
FLOWS: tuple[Tool, ...] = (
    Tool(
        "trades",
        "Trades",
        "Trades of your sites between two slots. The other side is never named.",
        flat(PAGE, _OPTIONAL_PAGE),
        flat(
            {"items": listing("By slot", _FLOWS | {"market": text("Where it was made")}), "next_cursor": NEXT},
            ("next_cursor",),
        ),
        Action.SEE_HOME,
        _trades,
    ),
    Tool(
        "contracts",
        "Contracts",
        "Contracts of your sites between two slots, with their state and what was delivered. The other side is never "
        "named.",
        flat(PAGE, _OPTIONAL_PAGE),
        flat(
            {
                "items": listing(
                    "By slot",
                    _FLOWS | {"state": text("Where it stands"), "delivered_wh": whole("Its metered part, Wh")},
                    ("delivered_wh",),
                ),
                "next_cursor": NEXT,
            },
            ("next_cursor",),
        ),
        Action.SEE_HOME,
        _contracts,
    ),
)
