"""``gridpact up``: the market in real time, with its API on loopback."""

import argparse
from contextlib import ExitStack
from pathlib import Path

from domain.errors import RuleBroken
from gridpact.broker import taking_readings
from gridpact.chargers import charged
from gridpact.clock import wall
from gridpact.delivering import delivering
from gridpact.demand_response import responding
from gridpact.door import listen, open_door, served
from gridpact.live import Live, keep_trading, next_tick
from gridpact.places import LIVE, Places
from gridpact.plan import Plan
from gridpact.progress import Progress
from gridpact.publishing import publishing
from gridpact.settings import load_settings
from gridpact.wiring import House, open_house, open_reception
from memory import world as facts

REAL = "real_homes"


def run(options: argparse.Namespace) -> int:
    """Serve and trade until stopped."""
    settings, progress = load_settings(), Progress(quiet=options.json)
    places = Places.of(Path(options.data or settings.data or LIVE), settings.cache)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(settings))
        house = stack.enter_context(open_house(settings, places, wall, None))
        house.database.migrate()
        stack.enter_context(house.database.alone())
        real = Path(options.community).is_dir()
        first = _first_slot(house, real=real)
        opened = _real if real else _simulated
        market = opened(house, first, options, progress)
        stack.enter_context(served(house, listener, market.scheduler.ctx))
        progress.say(stack.enter_context(taking_readings(house)))
        stack.enter_context(charged(house))
        stack.enter_context(delivering(house))
        stack.enter_context(publishing(house))
        for vtn in stack.enter_context(responding(house)):
            progress.say(f"the VTN {vtn} is asked for events every {settings.openadr_vtns[vtn].poll_s} s")
        progress.say(f"the API listens on http://{settings.http_host}:{settings.http_port}/api/v1; Ctrl-C stops")
        if not real:
            _say_how_to_sign_in(house, progress)
        keep_trading(market, options.ticks, wall)
    return 0


def _first_slot(house: House, *, real: bool) -> int:
    """The market's first slot, or where it began: of real homes the one whose book closes next, of simulated ones the
    one whose book closed last, so that nobody waits for the first trades. Raises RuleBroken elsewhere."""
    with house.database.begin("live") as tx:
        known, first = facts.get(tx, "plan"), facts.get(tx, "first_slot")
        if known is not None and known["planted"]:
            raise RuleBroken(f"{house.places.data} holds a demonstration, which is no market: choose another --data")
        if known is not None:
            house.require_slots(Plan.of(known).slot_min)
            _require_kind(house, was_real=facts.get(tx, REAL, Path(known["community"]).is_dir()), real=real)
        facts.put(tx, REAL, real)
        if first is None:
            first = (next_tick(house.time, wall()) if real else house.time.at(wall())) + house.time.ahead
            facts.put(tx, "first_slot", first)
    return int(first)


def _require_kind(house: House, *, was_real: bool, real: bool) -> None:
    """Real homes never live among simulated ones, nor beside accounts whose passwords were printed. Raises RuleBroken
    when the directory holds the other kind."""
    if was_real != real:
        kind = "real homes, opened with their --community FOLDER" if was_real else "a simulated neighbourhood"
        raise RuleBroken(f"{house.places.data} holds {kind}: choose another --data")


def _real(house: House, first: int, options: argparse.Namespace, progress: Progress) -> Live:
    """The neighbourhood of a folder."""
    from gridpact.neighbourhood import open_neighbourhood

    _write_plan(house, _plan(house, first, options))
    return open_neighbourhood(house, Path(options.community), first, next_tick(house.time, wall()), progress)


def _simulated(house: House, first: int, options: argparse.Namespace, progress: Progress) -> Live:
    """A neighbourhood that lives by the demonstration's profiles."""
    from gridpact.demo import Run, Stages, begin
    from gridpact.demonstration_desk import plant_cases
    from simulation.community import load_community

    plan = _plan(house, first, options)
    _write_plan(house, plan)
    community = load_community(house.places.cache, plan.community, plan.seed, plan.slot_min)
    market = Run(plan, house, wall, community, [first], Stages(), progress)
    begin(market, house.leaving.enter_context(open_door(house)))
    plant_cases(market)
    return market


def _say_how_to_sign_in(house: House, progress: Progress) -> None:
    """The experts of the simulated neighbourhood: nobody else is shown a password."""
    from gridpact.demonstration_desk import admit_experts

    origin = open_reception(house).website.origin
    progress.say(f"the review desk is at {origin}/ja/review and {origin}/en/review; its demonstration experts:")
    for login, means in admit_experts(house).items():
        progress.say(f"  {login}  password {means.password}")
    progress.say(f"a one-time code: gridpact accounts code LOGIN --data {house.places.data}")


def _plan(house: House, first: int, options: argparse.Namespace) -> Plan:
    return Plan(
        first_day=house.time.day_of(first),
        days=1,
        community=options.community,
        seed=options.seed,
        experts="human",
        planted=False,
        slot_min=house.time.slot_min,
    )


def _write_plan(house: House, plan: Plan) -> None:
    with house.database.begin("live") as tx:
        facts.put(tx, "plan", plan.record())
