"""``gridpact demo``: a real trading day on real profiles, fast-forwarded, and its table of figures."""

import argparse
import json
import shutil
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.errors import RuleBroken
from gridpact.clock import HandClock
from gridpact.demo import Run, Stages, begin, trade, traded_slots
from gridpact.door import open_door
from gridpact.folder_community import community_of_folder
from gridpact.places import DEMO, Places
from gridpact.plan import Plan
from gridpact.progress import Progress
from gridpact.results import results
from gridpact.settings import load_settings
from gridpact.tables import print_results
from gridpact.wiring import House, load_rules, open_house
from gridpact.world import HISTORY_DAYS
from memory import world as facts
from memory.books.outbox import FAILED
from services.market_time import MarketTime
from simulation.community import Community, load_community

GOOD, WORSE, OWED = 0, 1, 3


def run(options: argparse.Namespace) -> int:
    """Run or resume the demonstration; returns its exit status."""
    began = time.perf_counter()
    settings, progress = load_settings(), Progress(quiet=options.json)
    places = Places.of(options.data or settings.data or DEMO, settings.cache)
    plan = _plan(options, load_rules(settings).product.slot_min)
    clock, stages = HandClock(_epoch(plan)), Stages()
    with ExitStack() as stack:
        with stages.of("database"):
            progress.say(f"the world of {places.data} is opened")
            house = stack.enter_context(open_house(settings, places, clock, plan.seed))
            stack.enter_context(house.database.alone())
            _start(house, plan, resume=options.resume)
        with stages.of("community"):
            slots = traded_slots(plan, house)
            community = _community(plan, places, house.time, slots)
        transport = stack.enter_context(open_door(house))
        demo = Run(plan, house, clock, community, slots, stages, progress)
        clock.moment = demo.time.start(demo.first_tick)
        begin(demo, transport)
        trade(demo)
        with stages.of("figures"):
            document = results(demo, wall_s=lambda: time.perf_counter() - began)
        with house.database.begin("results") as tx:
            facts.put(tx, "results", document)
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print_results(document)
    return status(document)


def status(document: dict[str, Any]) -> int:
    """1 when a slot was stopped or waits, when an effect failed for good or a law does not hold; 3 when an effect is
    owed to an outside that did not take it, or a record that the chain did not prove; 0 otherwise."""
    failed = [key for key, found in document["owed"].items() if found["state"] == FAILED]
    if document["stopped"] or document["waiting"] or failed or document["kpi"]["ledger_sum_ujpy"]:
        return WORSE
    unproved = document["kpi"]["chain_records_verified"] < document["kpi"]["chain_records"]
    return OWED if document["owed"] or unproved else GOOD


def _plan(options: argparse.Namespace, slot_min: int) -> Plan:
    return Plan(
        first_day=options.date,
        days=options.days,
        community=options.community,
        seed=options.seed,
        sites=options.sites,
        slots=options.slots,
        memory=options.memory == "on",
        experts=options.experts,
        grid_percent=options.grid_limit,
        slot_min=slot_min,
    )


def _epoch(plan: Plan) -> datetime:
    """Before the run's first moment; the chain and the keys are opened under it."""
    return datetime.combine(plan.first_day - timedelta(days=2), datetime.min.time(), UTC)


def _forget(places: Places) -> None:
    """A fresh demonstration begins with nothing; only what was learnt and cached before stays."""
    for made in (places.episodes, places.chain):
        shutil.rmtree(made, ignore_errors=True)
    places.homes.unlink(missing_ok=True)


def _start(house: House, plan: Plan, *, resume: bool) -> None:
    """Write the plan of a fresh run down, or make sure that a resumed one is the same."""
    house.database.migrate()
    with house.database.read() as tx:
        known, rules = facts.get(tx, "plan"), facts.get(tx, "rules")
    if known is not None and not known["planted"]:
        raise RuleBroken(
            f"{house.places.data} holds a live market, which a demonstration must not touch: choose another --data"
        )
    if not resume:
        house.database.recreate()
    if not resume or known is None:  # also when it was killed before anything was written
        _forget(house.places)
        _write_plan(house, plan)
    elif (begun := Plan.of(known).record()) != plan.record():
        differs = ", ".join(key for key, value in plan.record().items() if begun[key] != value)
        raise RuleBroken(
            f"the run in {house.places.data} was started with another {differs}; resume it as it was started"
        )
    elif rules != _rules_record(house):
        raise RuleBroken(f"the run in {house.places.data} was started under the rules {rules}: resume it so")


def _write_plan(house: House, plan: Plan) -> None:
    (house.places.data / "seed").write_text(str(plan.seed))
    with house.database.begin("plan") as tx:
        facts.put(tx, "plan", plan.record())
        facts.put(tx, "rules", _rules_record(house))


def _rules_record(house: House) -> dict[str, str]:
    """What a run may not change on the way."""
    settings = house.settings
    return {"pack": load_rules(settings).pack.digest, "area": settings.area, "time_zone": settings.time_zone}


def _community(plan: Plan, places: Places, market: MarketTime, slots: list[int]) -> Community:
    if Path(plan.community).is_dir():
        first, last = slots[0] - HISTORY_DAYS * market.per_day, slots[-1] + market.behind
        community = community_of_folder(Path(plan.community), plan.seed, first, last, market.slot_min)
    else:
        community = load_community(places.cache, plan.community, plan.seed, market.slot_min)
    return community.subset(plan.sites) if plan.sites else community
