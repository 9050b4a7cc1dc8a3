"""``gridpact explain``: why a site traded at its price in a slot, in words, checked against the facts they rest on."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from domain.errors import Fault, InputRefused, RuleBroken
from gridpact.existing import Existing, open_existing
from gridpact.looking import market_to_look_at
from gridpact.plan import Plan
from memory import world as world_facts
from memory.books import settlements
from memory.trading import clearings
from services.context import TradeContext
from services.market_time import MarketTime
from services.telling.explaining import explain, price_facts, require_site

LAST_SLOT = 2**31


def run(options: argparse.Namespace) -> int:
    """Explain one site's slot, or list what can be explained. Raises InputRefused on unknown arguments."""
    with open_existing(options) as world:
        plan, ctx = _begun(world)
        if options.slot is None:
            found = slots_of(world, ctx, options.site) if options.site else sites_of(world, ctx)
            print(json.dumps(found) if options.json else "\n".join(map(_line, found)))
            return 0
        slot = slot_of(options.slot, plan.first_day, ctx.time)
        language = options.language or world.house.settings.language
        with world.house.database.read() as tx:
            facts = price_facts(tx, ctx, options.site, slot)
        told = explain(ctx, facts, language)
    if options.json:
        record = {"site": options.site, "slot": slot, "language": language, "written_by": told.written_by}
        print(json.dumps(record | {"text": told.text, "facts": told.facts}, ensure_ascii=False))
    else:
        print("\n".join(filter(None, (told.text, ctx.rules.pack.label.get(language)))))
    return 0


def slot_of(text: str, first_day: date, market: MarketTime) -> int:
    """The slot that a number, a time of the first day, or a moment names; a moment without offset is the market's own.

    Raises InputRefused.
    """
    if text.isdecimal() and len(text) <= len(str(LAST_SLOT)):
        return int(text)
    try:
        moment = datetime.fromisoformat(text) if "-" in text else datetime.combine(first_day, _time_of_day(text))
    except ValueError:
        said = f"{text!r} is neither a slot number nor a time like 13:00 or {first_day}T13:00"
        raise InputRefused([Fault("SLOT_OR_TIME", "wrong_time", said)]) from None
    return market.at(moment if moment.tzinfo else moment.replace(tzinfo=market.zone))


def _time_of_day(text: str) -> time:
    """``9:30`` is meant as ``09:30``. Raises ValueError."""
    return time.fromisoformat(text.zfill(len("09:30")))


def sites_of(world: Existing, ctx: TradeContext) -> Sequence[dict[str, Any]]:
    """Every site with the number of slots in which it sold and bought."""
    with world.house.database.read() as tx:
        settled = settlements.of_slots(tx, 0, LAST_SLOT)
    sold = Counter(row.site_id for row in settled if row.sold_wh)
    bought = Counter(row.site_id for row in settled if row.bought_wh)
    return [
        {"site": site.id, "kind": site.kind, "sold_in_slots": sold[site.id], "bought_in_slots": bought[site.id]}
        for site in ctx.roster.sites
    ]


def slots_of(world: Existing, ctx: TradeContext, site_id: str) -> Sequence[dict[str, Any]]:
    """Every settled slot with what the site sold and bought in it. Raises InputRefused on an unknown site."""
    require_site(ctx, site_id)
    with world.house.database.read() as tx:
        prices = {each.slot: each.price_mjpy_per_kwh for each in clearings.between(tx, 0, LAST_SLOT)}
        settled = [row for row in settlements.of_slots(tx, 0, LAST_SLOT) if row.site_id == site_id]
    return [
        {
            "slot": row.slot,
            "start": ctx.time.label(row.slot),
            "sold_wh": row.sold_wh,
            "bought_wh": row.bought_wh,
            "price_mjpy_per_kwh": prices.get(row.slot),
        }
        for row in settled
    ]


def _begun(world: Existing) -> tuple[Plan, TradeContext]:
    """The plan and the market of a world. Raises RuleBroken when its community is not registered yet."""
    with world.house.database.read() as tx:
        prepared = world_facts.get(tx, "prepared", False)
    if world.plan is None or not prepared:
        raise RuleBroken(f"the run in {world.house.places.data} has not begun to trade: gridpact demo --resume goes on")
    return world.plan, market_to_look_at(world)


def _line(record: dict[str, Any]) -> str:
    """A record in one line, its names beside its values."""
    return "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.items() if value is not None)
