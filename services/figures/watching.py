"""What surveillance found of a day: on record when the day closes, an alarm each, and open until the next day closes.

A finding accuses nobody. Rules look once a day, over all of it; while a finding is open, the policies may ask people
about the trades of the sites it names. The next day's closing looks afresh: what it does not find again is over.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from market.surveillance.finding import Finding
from market.surveillance.survey import survey
from memory import alarms
from memory.books import steps
from services.context import TradeContext
from services.figures.observation import observed, owners
from services.opening import RULES

SURVEILLANCE = "market.surveillance.survey"
WATCH = "watch"
LOOKED_BACK_DAYS = 7

Record = dict[str, Any]


def watch_day(ctx: TradeContext, slot: int) -> None:
    """Search the day that ends with this slot, when it ends one: findings on record, with an alarm each."""
    day = ctx.day_of(slot)
    slots = ctx.time.slots_of(day)
    if slot != slots[-1]:
        return

    def work(tx: Connection) -> dict[str, Any]:
        found = [record_of(ctx, day, each) for each in survey(observed(tx, ctx, slots))]
        for each in found:
            subject = ", ".join(each["sites"])
            if alarms.sound(tx, ctx.now(), SURVEILLANCE, subject, each):
                ctx.steps.note(tx, RULES, SURVEILLANCE, subject, each)
        return {"day": str(day), "findings": found}

    ctx.steps.run(ctx.thread(slot), WATCH, RULES, "judge", work)


def record_of(ctx: TradeContext, day: date, found: Finding) -> Record:
    """A finding as it is kept: ids instead of positions, and words. A finding of owners names all of their sites."""
    names, sites = owners(ctx.roster), ctx.roster.sites
    who = [names[party] for party in found.parties]
    where = [sites[at].id for at in found.sites] or [site.id for site in sites if site.party_id in who]
    return {
        "day": str(day),
        "pattern": str(found.pattern),
        "owners": who,
        "sites": where,
        "slots": list(found.slots),
        "value": found.value,
        "threshold": found.threshold,
        "text": found.text_en,
        "text_ja": found.text_ja,
    }


def findings_of(tx: Connection, ctx: TradeContext, slots: Iterable[int]) -> list[Record] | None:
    """All findings of the days that end in these slots, None when none of them has been searched yet."""
    searched = [found for slot in slots if (found := steps.find(tx, ctx.thread(slot), WATCH))]
    return [each for day in searched for each in day["findings"]] if searched else None


def open_patterns(tx: Connection, ctx: TradeContext, slot: int) -> dict[str, frozenset[str]] | None:
    """What is open against each site when the book of ``slot`` closes: what the last day searched by then showed; None
    when no day was searched."""
    searched = _last_searched(tx, ctx, slot)
    if searched is None:
        return None
    found: dict[str, frozenset[str]] = {}
    for each in searched:
        for site in each["sites"]:
            found[site] = found.get(site, frozenset()) | {each["pattern"]}
    return found


def _last_searched(tx: Connection, ctx: TradeContext, slot: int) -> list[Record] | None:
    """The findings of the latest day whose end was known; a day that waits to be closed leaves those before it open."""
    for back in range(1, LOOKED_BACK_DAYS + 1):
        last = ctx.time.slots_of(ctx.day_of(slot) - timedelta(back))[-1]
        searched = steps.find(tx, ctx.thread(last), WATCH) if last <= slot - ctx.time.unknown else None
        if searched:
            return list(searched["findings"])
    return None
