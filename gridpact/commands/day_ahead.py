"""``gridpact day-ahead``: orders for tomorrow out of a file, taken back, and what became of them."""

import argparse
import json
from typing import Any

from domain.errors import Fault, InputRefused
from gateways.day_ahead_form import read_file, read_orders
from gridpact.existing import open_existing
from gridpact.wiring import open_desk
from services.orders.day_ahead import file, withdraw
from services.orders.day_ahead_outcome import outcomes
from services.orders.order_book import Desk


def run(options: argparse.Namespace) -> int:
    """File, withdraw or show; 0 when it is done. Raises InputRefused with every fault."""
    with open_existing(options) as world:
        desk = open_desk(world.house)
        if options.verb == "file":
            _say(options, _file(desk, options))
        elif options.verb == "withdraw":
            withdraw(desk, options.day, options.ids)
            _say(options, {"day": str(options.day), "withdrawn": options.ids})
        else:
            _show(desk, options, world.house.settings.language)
    return 0


def _file(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    try:
        text = options.orders.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused([Fault(str(options.orders), "unreadable", f"this cannot be read: {error}")]) from None
    orders = read_orders(read_file(text, options.orders.name), options.day, desk.time)
    file(desk, options.day, orders)
    return {"day": str(options.day), "orders": [order.id for order in orders]}


def _say(options: argparse.Namespace, done: dict[str, Any]) -> None:
    verb, names = list(done.items())[1]
    print(json.dumps(done) if options.json else f"{done['day']}: {verb} {', '.join(names)}")


def _show(desk: Desk, options: argparse.Namespace, language: str) -> None:
    with desk.steps.database.read() as tx:
        found = outcomes(tx, desk, options.day, options.language or language)
    found = [each for each in found if options.site in (None, each["site"])]
    if options.json:
        print(json.dumps({"day": str(options.day), "items": found}, ensure_ascii=False))
        return
    for each in found:
        print(f"{each['id']}  {each['kind']} {each['side']}  {each['words']}")
    if not found:
        print(f"nothing was filed for {options.day}")
