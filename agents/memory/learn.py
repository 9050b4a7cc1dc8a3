"""What a settled slot and a finished day leave behind for the next one.

Episodes are owed through the outbox like any effect on the outside: they reach the vector store at least once, under
one id, so that they count once.
"""

from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.memory.recall import day_in_words
from agents.state import SlotState
from memory.books import outbox
from memory.devices import readings
from memory.learning.episodes import EPISODE
from memory.trading import clearings, forecasts
from services.context import TradeContext

PARTS_OF_DAY = ("night", "morning", "afternoon", "evening")


def learn(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Owe the day's episodes when its last slot is settled; other slots only note that they are learnt."""
    slot = state["slot"]
    day = ctx.day_of(slot)
    slots = ctx.time.slots_of(day)

    def work(tx: Connection) -> dict[str, Any]:
        if slot != slots[-1]:
            return {"episodes": 0}
        episodes = [_price_pattern(tx, ctx, day, slots), *_profiles(tx, ctx, day, slots)]
        for episode in episodes:
            outbox.owe(tx, f"episode:{episode['kind']}:{episode['id']}", EPISODE, episode, ctx.now())
        return {"episodes": len(episodes)}

    ctx.steps.run(ctx.thread(slot), "learn", "memory", "learn", work)
    return {}


def _price_pattern(tx: Connection, ctx: TradeContext, day: date, slots: list[int]) -> dict[str, Any]:
    """Prices by the clock, so that days of every length compare; of an hour that comes twice the second counts."""
    cleared = [clearings.get(tx, slot) for slot in slots]
    prices = [0] * ctx.time.per_day
    for slot, each in zip(slots, cleared, strict=True):
        prices[ctx.time.place_in_day(slot)] = each.price_mjpy_per_kwh or 0 if each else 0
    traded_wh = sum(each.volume_wh for each in cleared if each)
    return {
        "kind": "price_pattern",
        "id": f"{ctx.market}:{day}",
        "text": f"{day_in_words(day)}: {traded_wh // 1000} kWh traded between neighbours",
        "facts": {"market": ctx.market, "day": str(day), "prices": ",".join(map(str, prices)), "traded_wh": traded_wh},
    }


def _profiles(tx: Connection, ctx: TradeContext, day: date, slots: list[int]) -> list[dict[str, Any]]:
    ids = ctx.roster.ids
    load_wh = np.maximum(readings.history(tx, ids, slots[0], slots[-1])["load_wh"], 0)
    expected_wh = forecasts.of_slots(tx, slots[0], slots[-1], ids)["load_mean"]
    used, expected, peak = load_wh.sum(axis=1), expected_wh.sum(axis=1), load_wh.argmax(axis=1)
    part = [ctx.time.place_in_day(slots[at]) * len(PARTS_OF_DAY) // ctx.time.per_day for at in peak]
    return [
        {
            "kind": "profile",
            "id": f"{site}:{day}",
            "text": f"{ctx.roster.sites[at].kind}, {day_in_words(day)}, most use in the {PARTS_OF_DAY[part[at]]}",
            "facts": {"site": site, "day": str(day), "used_wh": int(used[at]), "expected_wh": int(expected[at])},
        }
        for at, site in enumerate(ids)
    ]
