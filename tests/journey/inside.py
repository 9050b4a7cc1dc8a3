"""A world run inside the test's own process, for what no command line can do: lose a grant, a chain, an expert."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from worlds import World

from domain.slot import Slot
from gridpact.clock import HandClock
from gridpact.demo import Run, Stages, begin, traded_slots
from gridpact.door import open_door
from gridpact.people import admit_people
from gridpact.places import Places
from gridpact.plan import Plan
from gridpact.progress import Progress
from gridpact.settings import load_settings
from gridpact.wiring import open_house
from identity.token import token_hash
from simulation.community import load_community

REDUCED_DAY = Plan(date(2026, 5, 20), 1, "1-LV-rural3--2-sw", 7, sites=8, slots=8)


def admit(run: Run, tokens: Mapping[str, str]) -> None:
    """Let people in by the tokens given, each to its party, as the settings would."""
    people = {party: token_hash(token) for token, party in tokens.items()}
    admit_people(replace(run.house, settings=run.house.settings.model_copy(update={"people": people})))


@contextmanager
def prepared(world: World, plan: Plan, **settings_given: str) -> Iterator[tuple[Run, HandClock]]:
    """The plan's world, ready to trade its first slot, and the clock that the test moves by hand."""
    settings, clock = load_settings(world.settings | settings_given), HandClock(datetime(2026, 5, 18, tzinfo=UTC))
    with ExitStack() as stack:
        house = stack.enter_context(open_house(settings, Places.of(world.data, world.cache), clock, plan.seed))
        house.database.migrate()
        community = load_community(world.cache, plan.community, plan.seed).subset(plan.sites or 8)
        run = Run(plan, house, clock, community, traded_slots(plan, house), Stages(), Progress(quiet=True))
        clock.moment = Slot(run.first_tick).start
        begin(run, stack.enter_context(open_door(house)))
        yield run, clock
