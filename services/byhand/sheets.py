"""What people need to run a day without the machine: who there is, what was agreed, what prices and wires allow."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from domain.grid_signal import MOMENT, in_force
from domain.quantity import MJPY_PER_JPY, WH_PER_KWH
from memory import registry
from memory.grid import grid_signals
from memory.trading import clearings, contracts
from services.context import TradeContext
from services.grid.grid_signals import holding
from services.orders.positions import HOLDS

FORM = ("start", "site", "import_kwh", "export_kwh", "sold_to", "sold_kwh", "price_jpy_per_kwh")
Rows = Sequence[Sequence[str]]


class Sheet(NamedTuple):
    """One table. name: of its file. title, title_ja: for the page. rows: cells as text, blank where people write."""

    name: str
    title: str
    title_ja: str
    columns: Sequence[str]
    rows: Rows


def sheets_of(tx: Connection, ctx: TradeContext, day: date) -> list[Sheet]:
    """The sheets of a day, the form to fill in last."""
    return [
        Sheet("sites", "Sites", "地点", ("site", "node", "sell_min_jpy", "buy_max_jpy", "trades"), _sites(tx, ctx)),
        Sheet(
            "meters",
            "Meters and devices",
            "計量器・機器",
            ("site", "device", "kind", "power_w", "read_at", "import_register_kwh", "export_register_kwh"),
            [[each.site_id, each.id, str(each.kind), str(each.power_w), "", "", ""] for each in ctx.roster.devices],
        ),
        Sheet(
            "contracts",
            "Contracts that stand",
            "成立済み契約",
            ("contract", "start", "seller", "buyer", "kwh", "price_jpy_per_kwh"),
            _contracts(tx, ctx, day),
        ),
        Sheet("prices", "Prices", "価格", ("start", "least_jpy", "most_jpy", "cleared_jpy"), _prices(tx, ctx, day)),
        Sheet(
            "limits",
            "Limits and stops",
            "制限・停止",
            ("signal", "kind", "extent", "target", "value", "unit", "from", "to", "reason"),
            _limits(tx, ctx, day),
        ),
        Sheet(
            "form",
            "To be filled in",
            "記入用",
            FORM,
            [[_start(ctx, slot), site, *[""] * 5] for slot in ctx.time.slots_of(day) for site in ctx.roster.ids],
        ),
    ]


def _sites(tx: Connection, ctx: TradeContext) -> Rows:
    mandates = registry.mandates(tx)
    names = ctx.connections.feeder.names
    return [
        [
            site.id,
            names[int(node)],
            *(
                [_jpy(held.sell_min_mjpy_per_kwh), _jpy(held.buy_max_mjpy_per_kwh), "yes" if held.active else "no"]
                if (held := mandates.get(site.id))
                else ["", "", "no"]
            ),
        ]
        for site, node in zip(ctx.roster.sites, ctx.connections.node, strict=True)
    ]


def _contracts(tx: Connection, ctx: TradeContext, day: date) -> Rows:
    slots = ctx.time.slots_of(day)
    return [
        [
            each.digest,
            _start(ctx, each.slot),
            each.seller_site,
            each.buyer_site,
            str(Decimal(each.standing_wh) / WH_PER_KWH),
            _jpy(each.price_mjpy_per_kwh),
        ]
        for each in contracts.between(tx, slots[0], slots[-1])
        if each.state in HOLDS
    ]


def _prices(tx: Connection, ctx: TradeContext, day: date) -> Rows:
    slots, corridor = ctx.time.slots_of(day), ctx.rules.of(day).corridor
    cleared = {each.slot: each.price_mjpy_per_kwh for each in clearings.between(tx, slots[0], slots[-1])}
    return [
        [
            _start(ctx, slot),
            _jpy(corridor.floor),
            _jpy(corridor.cap),
            "" if (price := cleared.get(slot)) is None else _jpy(price),
        ]
        for slot in slots
    ]


def _limits(tx: Connection, ctx: TradeContext, day: date) -> Rows:
    slots = ctx.time.slots_of(day)
    asked = in_force(grid_signals.every(tx), ctx.time.start(slots[0]), ctx.time.slot(slots[-1]).end, ctx.now())
    every = {each.name: each for each in (*asked, *holding(tx, ctx.desk, slots[-1]))}
    return [
        [
            *(name, str(each.kind), str(each.extent), each.target, str(each.value), str(each.unit)),
            *(f"{each.starts:{MOMENT}}", f"{each.ends:{MOMENT}}", each.reason),
        ]
        for name, each in sorted(every.items())
    ]


def _start(ctx: TradeContext, slot: int) -> str:
    return ctx.time.slot(slot).local_start(ctx.time.zone).isoformat(timespec="minutes")


def _jpy(price_mjpy_per_kwh: int) -> str:
    return str(Decimal(price_mjpy_per_kwh) / MJPY_PER_JPY)
