"""``gridpact up``: the market in real time, with its API on loopback."""

import argparse
from contextlib import ExitStack
from pathlib import Path

from domain.errors import RuleBroken
from gridpact.broker import brokered
from gridpact.clock import wall
from gridpact.demo import Plan, Run, Stages, begin
from gridpact.door import listen, open_door, served
from gridpact.live import keep_trading, next_tick
from gridpact.places import LIVE, Places
from gridpact.progress import Progress
from gridpact.settings import load_settings
from gridpact.wiring import House, open_house
from memory import world as facts
from simulation.community import load_community


def run(options: argparse.Namespace) -> int:
    """Serve and trade until stopped."""
    settings, progress = load_settings(), Progress(quiet=options.json)
    places = Places.of(Path(options.data or settings.data or LIVE), settings.cache)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(settings))
        house = stack.enter_context(open_house(settings, places, wall, None))
        house.database.migrate()
        stack.enter_context(house.database.alone())
        live = _live(house, options, progress)
        begin(live, stack.enter_context(open_door(house)))
        stack.enter_context(served(house, listener))
        stack.enter_context(brokered(house))
        progress.say(f"the broker takes MQTT over TLS on {settings.mqtt_host}:{settings.mqtt_port}")
        progress.say(f"the API listens on http://{settings.http_host}:{settings.http_port}/api/v1; Ctrl-C stops")
        keep_trading(live, options.ticks, wall)
    return 0


def _live(house: House, options: argparse.Namespace, progress: Progress) -> Run:
    """The run of this data directory: begun now, or gone on with."""
    with house.database.begin("live") as tx:
        known, first = facts.get(tx, "plan"), facts.get(tx, "first_slot")
        if known is not None and known["planted"]:
            raise RuleBroken(f"{house.places.data} holds a demonstration, which is no market: choose another --data")
        if known is not None:
            house.require_slots(Plan.of(known).slot_min)
        if first is None:
            first = next_tick(house.time, wall()) + house.time.ahead
            facts.put(tx, "first_slot", first)
    day, slot_min = house.time.day_of(first), house.time.slot_min
    plan = Plan(
        first_day=day,
        days=1,
        community=options.community,
        seed=options.seed,
        experts="human",
        planted=False,
        slot_min=slot_min,
    )
    with house.database.begin("live") as tx:
        facts.put(tx, "plan", plan.record())
    community = load_community(house.places.cache, plan.community, plan.seed, slot_min)
    return Run(plan, house, wall, community, [first], Stages(), progress)
