"""What past days say of the day to be traded.

Price patterns of the most similar days become the expected neighbourhood price of each slot of the day; how far each
home's use lay from its forecast becomes a small correction. Both are advice to the Runtime agent: they move orders
inside mandate and corridor, never a limit.
"""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from agents.state import SlotState
from domain.quantity import PPM
from services.context import TradeContext

SIMILAR_DAYS = 3
CORRECTION_WEIGHT_PERCENT = 30
CORRECTION_PPM_MAX = 100_000


def day_in_words(day: date) -> str:
    """How a delivery day is described, when it is learnt and when it is asked for."""
    kind = "weekend" if day.weekday() >= 5 else "working day"
    return f"{day:%A}, {kind}, {day:%B}"


def recall(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Expected prices and corrections for the slot's day; nothing when memory is off or empty."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        if not ctx.recalls:
            return {"expected_price": None, "correction_ppm": {}, "days": []}
        day = ctx.day_of(slot)
        similar = ctx.episodes.recall("price_pattern", day_in_words(day), SIMILAR_DAYS, {"market": ctx.market})
        return {
            "expected_price": _mean_pattern([str(episode.facts["prices"]) for episode in similar]),
            "correction_ppm": _corrections(ctx),
            "days": [episode.id for episode in similar],
        }

    ctx.steps.run(ctx.thread(slot), "recall", "memory", "recall", work)
    return {}


def _mean_pattern(patterns: list[str]) -> list[int] | None:
    """The mean price of each slot of the day, rounded down; 0 where no such day had a price. mJPY/kWh."""
    if not patterns:
        return None
    by_day = [[int(price) for price in pattern.split(",")] for pattern in patterns]
    columns = zip(*by_day, strict=True)
    return [sum(seen) // len(seen) if (seen := [price for price in prices if price]) else 0 for prices in columns]


def _corrections(ctx: TradeContext) -> dict[str, int]:
    """By how much each site's expected use is raised or lowered, ppm, from the days remembered."""
    used: defaultdict[str, int] = defaultdict(int)
    expected: defaultdict[str, int] = defaultdict(int)
    for episode in ctx.episodes.all("profile"):
        used[str(episode.facts["site"])] += int(episode.facts["used_wh"])
        expected[str(episode.facts["site"])] += int(episode.facts["expected_wh"])
    corrections = {}
    for site, expected_wh in sorted(expected.items()):
        if expected_wh > 0:
            off = (used[site] - expected_wh) * PPM // expected_wh * CORRECTION_WEIGHT_PERCENT // 100
            corrections[site] = max(-CORRECTION_PPM_MAX, min(CORRECTION_PPM_MAX, off))
    return corrections
