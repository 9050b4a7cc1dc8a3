"""``gridpact report``: the run as one HTML page that opens offline."""

import argparse
import json

from domain.errors import RuleBroken
from gridpact.day_report import day_report
from gridpact.demo import traded_slots
from gridpact.examples import example_facts, in_both_languages
from gridpact.existing import open_existing
from gridpact.looking import market_to_look_at
from memory import world as facts
from review_ui.report import render_report


def run(options: argparse.Namespace) -> int:
    """Write the page. Raises RuleBroken when the run has not finished."""
    with open_existing(options) as world:
        with world.house.database.read() as tx:
            results = facts.get(tx, "results")
        if results is None or world.plan is None:
            raise RuleBroken(f"the run in {world.house.places.data} has not finished: gridpact demo --resume goes on")
        ctx = market_to_look_at(world)
        slots = traded_slots(world.plan, world.house)
        with world.house.database.read() as tx:
            chosen = example_facts(tx, ctx, slots)
        explained = [in_both_languages(ctx, facts) for facts in chosen]
        with world.house.database.read() as tx:
            report = day_report(tx, ctx, world.plan, slots, results, explained)
        page = render_report(report, options.language or world.house.settings.language)
    options.out.write_text(page, encoding="utf-8")
    print(json.dumps({"report": str(options.out)}) if options.json else f"the report is in {options.out}")
    return 0
