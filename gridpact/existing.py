"""A world that was made before, opened to look at it: for reports, audits and the people who decide its cases."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.errors import RuleBroken
from gridpact.clock import HandClock, wall
from gridpact.places import DEMO, Places
from gridpact.plan import Plan
from gridpact.settings import Settings, load_settings
from gridpact.wiring import House, open_house
from memory import world as facts


@dataclass(frozen=True, slots=True)
class Existing:
    """The house of a world, and the plan of its demonstration; None when the world is live."""

    house: House
    plan: Plan | None


@contextmanager
def open_existing(options: Namespace) -> Iterator[Existing]:
    """Open the world under ``--data``. Raises RuleBroken when there is none, and says how to make one."""
    settings = load_settings()
    data = Path(options.data or settings.data or DEMO)
    if not _is_world(data, settings):
        raise RuleBroken(f"there is no world in {data}: run gridpact demo first, or name its --data directory")
    places = Places.of(data, settings.cache)
    clock = HandClock(wall())
    seed = int(seed_file.read_text()) if (seed_file := places.data / "seed").exists() else None
    with open_house(settings, places, clock, seed) as house:
        with house.database.read() as tx:
            record, moment = facts.get(tx, "plan"), facts.get(tx, "clock")
        plan = Plan.of(record) if record else None
        if plan:
            house.require_slots(plan.slot_min)
        if plan and moment:
            clock.moment = datetime.fromisoformat(moment)
        yield Existing(house, plan)


def _is_world(data: Path, settings: Settings) -> bool:
    return (data / "postgres").exists() or (settings.database_url is not None and data.exists())
