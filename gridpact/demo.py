"""A real trading day, fast-forwarded: real profiles, real parts, every step of every trade, in about a minute.

A run is a plan and its database. The same plan gives the same trades, the same ledger and the same roots, whether the
run was left alone or killed and resumed: what is made up comes from the seed, the moment is moved by hand, and every
step is done once.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from contracts.paper.paper_template import NAMES, file_digest
from gridpact.clock import HandClock
from gridpact.eve import file_made_up, filing_slot, uses_of
from gridpact.forecaster import LearntForecaster, learnt_forecaster
from gridpact.judging import judge_by_script
from gridpact.order_givers import AHEAD_SLOTS, give_orders
from gridpact.plan import Plan
from gridpact.progress import Progress
from gridpact.scheduler import Scheduler
from gridpact.wiring import House, load_rules, open_market, open_scheduler
from gridpact.world import HISTORY_DAYS, ToldHomes, World
from identity import access
from memory import registry
from memory import world as facts
from memory.cases import CaseRow
from memory.trading import papers, proposals
from memory.trading.proposals import ProposalRow
from services.context import MARKET, TradeContext
from services.market_time import MarketTime
from simulation.community import Community
from simulation.expert import ScriptedExperts
from simulation.homes import Flows
from simulation.members import MADE_UP
from simulation.particulars import APPROVING_EXPERTS, made_up_particulars
from simulation.planted import Planted, planted_proposals

POLL_S = 1.0


@dataclass(slots=True)
class Stages:
    """Seconds spent, by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count the time inside to a stage."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@dataclass(slots=True)
class Run:
    """A demonstration on its way: the house, the world around it, and the market in it."""

    plan: Plan
    house: House
    clock: Callable[[], datetime]
    community: Community
    traded: list[int]
    stages: Stages
    progress: Progress
    world: World = field(init=False)
    scheduler: Scheduler = field(init=False)

    @property
    def ctx(self) -> TradeContext:
        return self.scheduler.ctx

    @property
    def time(self) -> MarketTime:
        return self.house.time

    @property
    def first_tick(self) -> int:
        """The slot at whose start the first book closes."""
        return self.traded[0] - self.time.ahead

    @property
    def last_tick(self) -> int:
        """The slot at whose start the last traded slot is settled."""
        return self.traded[-1] + self.time.behind

    def take_in(self, tick: int) -> None:
        """In real time: the readings that are due at a tick, and the prices that its slots need."""
        due = tick - self.time.behind
        for slot in range(self.world.homes.next_slot, due + 1):  # after a long absence readings are old on purpose
            self.world.send(slot, self.world.live(slot), self.clock(), backfill=slot < due)
        unfinished = self.scheduler.unfinished(tick)
        self.world.publish_wholesale(min([tick, *unfinished]), tick + self.time.per_day)


def traded_slots(plan: Plan, house: House) -> list[int]:
    """Every slot the plan trades, in order."""
    days = [plan.first_day + timedelta(days=each) for each in range(plan.days)]
    slots = [slot for day in days for slot in house.time.slots_of(day)]
    return slots[: plan.slots] if plan.slots else slots


def begin(run: Run, transport: Any) -> None:
    """Prepare the world and the market: afresh, or as far as an interrupted run had come."""
    house, plan = run.house, run.plan
    first_known = run.traded[0] - HISTORY_DAYS * run.time.per_day
    told = ToldHomes(house.places.homes)
    run.world = World(run.community, first_known, house.database, transport, told, MARKET)
    with ThreadPoolExecutor(1, "learning") as beside:
        with run.stages.of("history"):
            flows = run.world.live_history(run.first_tick - run.time.behind - 1)
            learning = beside.submit(_learn, run, flows, first_known)  # native code mostly: it does not hold us up
            _send_history(run, flows)
        with run.stages.of("learning"):
            run.progress.say("forecasts are learnt from the past, or loaded when they were learnt before")
            forecaster = learning.result()
    with run.stages.of("parts"):
        run.progress.say("the chain, the vector memory and the graphs are opened")
        judge = judge_by_script(house, planted_of(run)) if plan.experts == "scripted" else None
        ctx = open_market(house, load_rules(house.settings), told, forecaster, first_known, recalls=plan.memory)
        run.scheduler = open_scheduler(house, ctx, run.traded[0], judge)
    _first_eve(run)


def _first_eve(run: Run) -> None:
    """Live through the eve of the first day, which lies before the first tick; then the clock stands where it stood."""
    days = _market_days(run)
    for day in days:
        run.world.uses += uses_of(run.community, run.ctx.rules, day, run.ctx.desk.time.slots_of(day))
    if not days or not isinstance(run.clock, HandClock):
        return
    moment, filing = run.clock.moment, filing_slot(run.ctx.desk, days[0])
    for tick in (filing, filing + 1):
        run.clock.moment = run.time.start(tick)
        _eve(run, tick)
    run.clock.moment = moment


def _eve(run: Run, tick: int) -> None:
    """What the made-up members file at a tick, and the sessions that are due."""
    for day in _market_days(run):
        if filing_slot(run.ctx.desk, day) == tick:
            file_made_up(run.ctx.desk, run.community, day)
    run.scheduler.hold_sessions()


def _market_days(run: Run) -> list[date]:
    """The days for which made-up members file: those of a demonstration that are traded whole."""
    if not run.plan.planted:
        return []
    days = [run.plan.first_day + timedelta(days=each) for each in range(run.plan.days)]
    traded = set(run.traded)
    return [day for day in days if traded.issuperset(run.time.slots_of(day))]


def _send_history(run: Run, flows: Flows) -> None:
    """Who takes part, then their past through the gateway, unless an interrupted run had come that far."""
    with run.house.database.begin("prepared") as tx:
        if facts.get(tx, "prepared", False):
            return
    _register(run)
    run.progress.say(f"{flows.import_wh.size:,} signed readings of {HISTORY_DAYS} days enter through the gateway")
    run.world.send_history(flows, run.clock())
    run.world.publish_wholesale(run.first_tick - run.time.per_day, run.last_tick)
    with run.house.database.begin("prepared") as tx:
        facts.put(tx, "prepared", True)


def _learn(run: Run, flows: Flows, first_known: int) -> LearntForecaster:
    load_wh = flows.import_wh - flows.export_wh + flows.generation_wh - flows.charge_wh + flows.discharge_wh
    load_wh += flows.vehicle_discharge_wh - flows.vehicle_charge_wh
    house, seed = run.house, run.plan.seed
    return learnt_forecaster(house.places.models, load_wh, flows.generation_wh, first_known, run.time, seed)


def trade(run: Run, meanwhile: Callable[[int], None] = lambda tick: None) -> None:
    """Move the clock from tick to tick until every traded slot is settled. meanwhile: what else happens in the world,
    once the clock stands on a tick.

    The last tick is done again when the run is resumed: then what waits or is owed at its end is tried once more.
    """
    with run.house.database.begin("tick") as tx:
        done = min(facts.get(tx, "tick", run.first_tick - 1), run.last_tick - 1)
    with run.stages.of("trading"), run.progress.bar("trading", run.last_tick - run.first_tick + 1) as advance:
        advance(done - run.first_tick + 1, "")
        for tick in range(done + 1, run.last_tick + 1):
            _move_clock(run, tick)
            meanwhile(tick)
            _tick(run, tick)
            advance(1, run.time.label(tick))


def _tick(run: Run, tick: int) -> None:
    _eve(run, tick)
    delivered = tick - run.time.behind
    with run.stages.of("world"):
        if delivered >= run.world.homes.next_slot:
            flows = run.world.live(delivered)
            run.world.send(delivered, flows, run.clock())
    closing = tick + run.time.ahead
    if not run.scheduler.has_begun(
        closing
    ):  # else the run was killed after this: cases opened since come after trading
        run.scheduler.settle_due(run.clock())
        run.scheduler.attend_cases()
    if closing <= run.traded[-1]:
        run.scheduler.trade(closing)
    if run.plan.planted and closing + AHEAD_SLOTS <= run.traded[-1]:
        give_orders(run.ctx, run.plan.seed, closing + AHEAD_SLOTS)
    _wait_for_people(run, run.time.start(tick + 1))
    with run.house.database.begin("tick") as tx:
        facts.put(tx, "tick", tick)


def _wait_for_people(run: Run, until: datetime) -> None:
    """Halt while a case's deadline lies before the next tick and nobody has decided it."""
    if run.plan.experts != "human":
        return
    while waiting := [case for case in run.scheduler.open_cases() if case.deadline <= until]:
        run.progress.say(_how_to_decide(run, waiting[0]))
        time.sleep(POLL_S)
        run.scheduler.attend_cases()


def _how_to_decide(run: Run, case: CaseRow) -> str:
    command = f"gridpact cases --data {run.house.places.data} decide {case.id} approve"
    return (
        f"the clock halts at {run.clock():%Y-%m-%d %H:%M} UTC: case {case.id} waits for {', '.join(case.roles)}; "
        f"{command} --key-file FILE --reason '...'"
    )


def _move_clock(run: Run, tick: int) -> None:
    """Put the hand on a tick, and note it for whoever decides cases from another process."""
    assert isinstance(run.clock, HandClock), "the wall's clock moves by itself"
    run.clock.moment = run.time.start(tick)
    with run.house.database.begin("clock") as tx:
        facts.put(tx, "clock", run.clock().isoformat())


def _register(run: Run) -> None:
    """Write down who takes part, what they own and allow, and what was planted."""
    community, planted = run.community, planted_of(run)
    with run.house.database.begin("register") as tx:
        access.grant_defaults(tx)
        registry.save_party(tx, *community.parties, *ScriptedExperts(planted).parties)
        registry.save_site(tx, *community.sites)
        registry.save_device(tx, *community.devices)
        registry.save_mandate(tx, *community.mandates)
        registry.save_licence(tx, *community.licences)
        _put_on_record(tx, community, run.clock())
        facts.put(tx, "connections", community.connections.limited(run.plan.grid_percent).record())
        proposals.save(tx, [ProposalRow(each.id, each.filed_at, each.body, planted=each.id) for each in planted])


def _put_on_record(tx: Connection, community: Community, at: datetime) -> None:
    """What papers state, made up, and templates approved by two scripted experts."""
    for subject, stated in made_up_particulars(community).items():
        papers.state(tx, subject, stated, MADE_UP, at)
    for name in NAMES:
        for expert in APPROVING_EXPERTS:
            papers.approve(tx, file_digest(name), expert, MADE_UP, at)


def planted_of(run: Run) -> tuple[Planted, ...]:
    """What the demonstration plants, filed over the first traded day."""
    if not run.plan.planted:
        return ()
    rules = load_rules(run.house.settings)
    return planted_proposals(
        run.community,
        run.world.prices,
        run.traded[0],
        min(len(run.traded), run.time.per_day),
        rules.of(run.plan.first_day).corridor,
        rules.pack.valid_to or date.max,
    )
