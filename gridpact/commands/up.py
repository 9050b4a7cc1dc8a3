"""``gridpact up``: the market in real time, with its API on loopback."""

import argparse
import threading
from contextlib import ExitStack
from pathlib import Path

from domain.slot import Slot
from gridpact.clock import wall
from gridpact.demo import BOOK_CLOSES_SLOTS, Plan, Run, Stages, begin
from gridpact.door import doors, open_door
from gridpact.live import keep_trading, next_tick
from gridpact.places import LIVE, Places
from gridpact.progress import Progress
from gridpact.settings import Settings, load_settings
from gridpact.wiring import House, open_house
from memory import world as facts
from simulation.community import load_community


def run(options: argparse.Namespace) -> int:
    """Serve and trade until stopped."""
    settings, progress = load_settings(), Progress(quiet=options.json)
    places = Places.of(Path(options.data or settings.data or LIVE), settings.cache)
    with ExitStack() as stack:
        house = stack.enter_context(open_house(settings, places, wall, None))
        house.database.migrate()
        live = _live(house, options, progress)
        begin(live, stack.enter_context(open_door(house)))
        stack.enter_context(_Served(house, settings))
        progress.say(f"the API listens on http://{settings.http_host}:{settings.http_port}/api/v1; Ctrl-C stops")
        keep_trading(live, options.ticks, wall)
    return 0


def _live(house: House, options: argparse.Namespace, progress: Progress) -> Run:
    """The run of this data directory: begun now, or gone on with."""
    with house.database.begin("live") as tx:
        first = facts.get(tx, "first_slot")
        if first is None:
            first = next_tick(wall()) + BOOK_CLOSES_SLOTS
            facts.put(tx, "first_slot", first)
    day = Slot(first).local_start(house.zone).date()
    plan = Plan(first_day=day, days=1, community=options.community, seed=options.seed, experts="human", planted=False)
    with house.database.begin("live") as tx:
        facts.put(tx, "plan", plan.record())
    community = load_community(house.places.cache, plan.community, plan.seed)
    return Run(plan, house, wall, community, [first], Stages(), progress)


class _Served:
    """The API on its own thread, from entering to leaving."""

    def __init__(self, house: House, settings: Settings) -> None:
        import uvicorn

        from gateways.http.app import create_app

        config = uvicorn.Config(
            create_app(doors(house)), host=settings.http_host, port=settings.http_port, log_level="warning"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
