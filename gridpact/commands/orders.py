"""``gridpact orders``: a member's own orders for a slot, on the command line."""

import argparse
import json
from typing import Any

from domain.order import Side
from gridpact.existing import open_existing
from gridpact.wiring import open_desk
from market.continuous.command import CommandKind
from services.orders.order_book import Desk, OpenOrder
from services.orders.order_desk import Instruction, book_of_slot, instruct

KINDS = {"place": CommandKind.SUBMIT, "amend": CommandKind.AMEND, "cancel": CommandKind.CANCEL}


def run(options: argparse.Namespace) -> int:
    """Show a slot's book, or place, amend or cancel an order; 1 when it is refused."""
    with open_existing(options) as world:
        desk = open_desk(world.house)
        if options.verb in KINDS:
            print(json.dumps(instruct(desk, _said(options)), ensure_ascii=False))
        else:
            _show(desk, options.slot, as_json=options.json)
    return 0


def _said(options: argparse.Namespace) -> Instruction:
    kind = KINDS[options.verb]
    if kind is CommandKind.SUBMIT:
        side = Side.BUY if options.side == "buy" else Side.SELL
        limit, energy_wh = options.limit_mjpy_per_kwh, options.energy_wh
        return Instruction(kind, options.person, options.key, options.slot, options.site, side, limit, energy_wh)
    if kind is CommandKind.AMEND:
        limit, energy_wh = options.limit_mjpy_per_kwh, options.energy_wh
        return Instruction(
            kind, options.person, options.key, limit_mjpy_per_kwh=limit, energy_wh=energy_wh, order=options.order
        )
    return Instruction(kind, options.person, options.key, order=options.order)


def _show(desk: Desk, slot: int, *, as_json: bool) -> None:
    with desk.steps.database.read() as tx:
        resting = book_of_slot(tx, desk, slot)
    if as_json:
        print(json.dumps([_record(each) for each in resting], ensure_ascii=False))
        return
    opens, closes = desk.window(slot)
    print(f"{desk.time.label(slot)}: open from {opens:%Y-%m-%d %H:%M} to {closes:%Y-%m-%d %H:%M} UTC")
    for each in resting:
        print(f"{each.side.name.lower():4}  {each.limit_mjpy_per_kwh:>7,} mJPY/kWh  {each.left_wh:>7,} Wh  {each.id}")
    if not resting:
        print("nothing rests in this book")


def _record(order: OpenOrder) -> dict[str, Any]:
    return {
        "order": order.id,
        "side": order.side.name.lower(),
        "limit_mjpy_per_kwh": order.limit_mjpy_per_kwh,
        "left_wh": order.left_wh,
    }
