"""Demonstration days with a planted case of every trigger: how much passes alone, and whether all of it is caught.

The days are traded by two markets side by side, one a core, each with its own database, chain and memory of cases, its
forecasts learnt once before its first day. A market is a part of the demonstration's community under the
demonstration's rules; the scripted experts answer every other planted case and leave the rest to its deadline.

A *standard contract* is one whose terms are of the standard class (``contracts.terms.is_standard``), decided before any
trigger looks. It is *automatic* when it stands and nobody was asked. A planted case is *caught* when its own trigger
found it and the rules asked people or forbade it.

The zone has fewer sites than the rules want for shares to say anything, until others begin on the last day: so E04 has
its fact in the first slots of the day after, from real trades. What it finds among these slots' own trades is counted
with what arises by itself.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.expert_counts import counted, figures
from benchmarks.planted_triggers import Around, Limits, one_of_each
from domain.account import AccountRole
from domain.errors import Fault, InputRefused
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.slot import slots_per_day
from gridpact.clock import HandClock
from gridpact.demo import Run, Stages, begin, planted_of, trade, traded_slots
from gridpact.door import open_door
from gridpact.judging import judge_by_script
from gridpact.places import Places
from gridpact.plan import Plan
from gridpact.progress import Progress
from gridpact.settings import load_settings
from gridpact.wiring import open_house
from identity.authorisation import Kind, Principal
from memory import registry
from memory.embedded import start
from memory.trading import proposals
from memory.trading.proposals import ProposalRow
from policies.pack import load_pack
from policies.triggers import TRIGGERS
from services.cases.market_facts import market_facts
from services.grid.grid_signals import accept, holding, resume, signed
from simulation.community import Community, load_community
from simulation.planted import Planted

MARKETS, SITES, SEED, SLOTS_AFTER = 2, 12, 7, 4
FIRST_DAY, COMMUNITY = date(2026, 5, 20), "1-LV-rural3--2-sw"
OTHER_AREA = "kansai"
LIFTED = "the wires were walked and are in order again"
LIFTING = (AccountRole.OPERATOR, AccountRole.GRID)
STOP = "planted-stop"
CACHE = Path(".gridpact/demo/cache")


@dataclass(frozen=True, slots=True)
class Idle:
    """Sites that do not trade from the start. outside: in another area, never; late: from the last whole day on."""

    outside: str
    late: tuple[str, ...]


def part_of(whole: Community, traders: int) -> tuple[Community, Idle]:
    """The community with one home in another area, and as many homes waiting as leave so many sites that trade; none
    waits where it has not that many. Homes without a roof wait, so that the market keeps its sellers."""
    homes = [site.id for site in whole.sites if site.kind == "home" and not site.pv_profile]
    wait = len(whole.sites) - 1 - traders
    idle = Idle(homes[-1], tuple(homes[:wait]) if 0 < wait < len(homes) else ())
    sites = tuple(replace(site, area=OTHER_AREA) if site.id == idle.outside else site for site in whole.sites)
    off = {idle.outside, *idle.late}
    mandates = tuple(replace(each, active=False) if each.site_id in off else each for each in whole.mandates)
    return replace(whole, sites=sites, mandates=mandates), idle


@dataclass(slots=True)
class Days:
    """One market's days on their way, the last of them a few slots only, with what is planted in them. number: of the
    market, from zero."""

    run: Run
    idle: Idle
    number: int
    planted: list[Planted] = field(default_factory=list)

    def trade(self) -> dict[str, Any]:
        """Trade all days, let every case come to its end, and count."""
        last_day = self._slots_of(-1)
        kept = [each for each in TRIGGERS if each != "E04"]
        self._plant(kept, [slot for slot in self.run.traded if slot < last_day[0]])
        trade(self.run, self.meanwhile)
        self._let_cases_end()
        with self.run.house.database.read() as tx:
            return counted(tx, self.run.traded[0], self.run.traded[-1])

    def meanwhile(self, tick: int) -> None:
        """What happens around the market: an operator stops a site, people lift stops, homes join, and E04 is filed."""
        closing, last_day = tick + self.run.time.ahead, self._slots_of(-1)
        self._lift_stops(closing)
        if closing == next(each.filed_at for each in self.planted if each.trigger == "E22"):
            self._stop(closing)
        if closing == self._slots_of(-2)[0]:
            self._join()
        if closing == last_day[len(last_day) // 2] and self._share_is_large(closing):
            self._plant(["E04"], [closing])

    def _slots_of(self, nth: int) -> list[int]:
        """The traded slots of the nth day, from the end when below zero."""
        day = self.run.plan.first_day + timedelta(range(self.run.plan.days)[nth])
        return [slot for slot in self.run.traded if self.run.time.day_of(slot) == day]

    def _plant(self, triggers: list[str], slots: list[int]) -> None:
        """File a deal a trigger; experts know them from now on."""
        rules = self.run.ctx.rules
        limits = Limits(
            rules.of(self.run.plan.first_day).corridor,
            rules.pack.valid_to or date.max,
            self.run.plan.slot_min,
            self.number,
        )
        made = one_of_each(triggers, self._around(slots[0]), slots, limits)
        with self.run.house.database.begin("plant") as tx:
            proposals.save(tx, [ProposalRow(each.id, each.filed_at, each.body, planted=each.id) for each in made])
        self.planted += made
        self.run.scheduler.judge = judge_by_script(self.run.house, (*planted_of(self.run), *self.planted))

    def _around(self, slot: int) -> Around:
        """Deals go from the roof with the largest share of the zone, or the first, to the first firm or home."""
        sites = [site for site in self.run.community.sites if site.id not in {self.idle.outside, *self.idle.late}]
        with self.run.house.database.read() as tx:
            shares = market_facts(tx, self.run.ctx, slot).shares_ppm or {}
        roofs = sorted((each.id for each in sites if each.pv_profile), key=lambda name: -shares.get(name, 0))
        buyers = sorted((each for each in sites if not each.pv_profile), key=lambda each: each.kind == "home")
        return Around(roofs[0], buyers[0].id, self.idle.outside, roofs[-1])

    def _share_is_large(self, slot: int) -> bool:
        """Whether the seller's share of the zone is beyond what passes; where it is not, E04 has no case."""
        bands = self.run.ctx.rules.on(self.run.ctx.day_of(slot)).triggers["E04"].bands
        with self.run.house.database.read() as tx:
            known = market_facts(tx, self.run.ctx, slot)
        share_ppm = (known.shares_ppm or {}).get(self._around(slot).seller, 0)
        return not known.small_zone and share_ppm > (bands[0].upto or 0)

    def _stop(self, slot: int) -> None:
        """The grid operator stops the site of E22's seller for the slot."""
        desk, span = self.run.ctx.desk, self.run.time.slot(slot)
        target = next(each for each in self.planted if each.trigger == "E22").body["seller_site"]
        stop = GridSignal(
            source="openadr:planted",
            id=STOP,
            revision=0,
            audience=desk.market,
            kind=SignalKind.STOP,
            extent=Extent.SITE,
            target=target,
            value=0,
            unit=LimitUnit.W,
            starts=span.start,
            ends=span.end,
            expires=span.end,
            reason="a planted stop at one house",
        )
        accept(desk, signed(desk, stop))

    def _lift_stops(self, slot: int) -> None:
        """Two people lift what stops trading, also what a case's silence stopped."""
        with self.run.house.database.read() as tx:
            held = holding(tx, self.run.ctx.desk, slot)
        for each in held:
            for role in LIFTING:
                person = Principal(Kind.PERSON, f"scripted-{role}", f"scripted-{role}", frozenset({role}), fresh=True)
                resume(self.run.ctx.desk, person, each.name, LIFTED, role)

    def _join(self) -> None:
        """The homes that waited let their agents trade from now on."""
        with self.run.house.database.begin("join") as tx:
            given = registry.mandates(tx)
            joined = [replace(given[each], version=given[each].version + 1, active=True) for each in self.idle.late]
            registry.save_mandate(tx, *joined)

    def _let_cases_end(self) -> None:
        """Let the clock run from deadline to deadline until no case is open."""
        clock = self.run.clock
        assert isinstance(clock, HandClock), "days are traded under a clock that is moved by hand"
        while waiting := self.run.scheduler.open_cases():
            clock.moment = max(clock.moment, waiting[0].deadline)
            self.run.scheduler.attend_cases()
            assert self.run.scheduler.open_cases() != waiting, f"case {waiting[0].id} does not end at its deadline"


@contextmanager
def opened(plan: Plan, settings_given: Mapping[str, str], places: Places, number: int) -> Iterator[Days]:
    """One market before its first day, in a database that holds nothing yet."""
    settings = load_settings(settings_given)
    clock = HandClock(datetime.combine(plan.first_day - timedelta(days=2), datetime.min.time(), UTC))
    with ExitStack() as stack:
        house = stack.enter_context(open_house(settings, places, clock, plan.seed))
        house.database.migrate()
        whole = load_community(places.cache, plan.community, plan.seed, plan.slot_min).subset(plan.sites or SITES)
        community, idle = part_of(whole, _traders(plan, settings.pack))
        run = Run(plan, house, clock, community, traded_slots(plan, house), Stages(), Progress(quiet=True))
        clock.moment = run.time.start(run.first_tick)
        begin(run, stack.enter_context(open_door(house)))
        yield Days(run, idle, number)


def days_of(first: date, days: int, sites: int, slot_min: int = 30) -> Plan:
    """So many whole days, and the first slots of the one after."""
    slots = days * slots_per_day(slot_min) + SLOTS_AFTER
    return Plan(first, days + 1, COMMUNITY, SEED, sites=sites, slots=slots, slot_min=slot_min)


def _traders(plan: Plan, pack: str) -> int:
    """The most sites of which shares say nothing yet."""
    return int(load_pack(pack).value("concentration_sites", plan.first_day)) - 1


def measure(days: int, sites: int = SITES) -> dict[str, Any]:
    """Trade so many days, each market its part of them, and add up what they counted.

    Raises InputRefused when there are fewer days than markets.
    """
    if days < MARKETS:
        text = f"{MARKETS} markets trade a day or more each, and E04 needs a week: not {days}"
        raise InputRefused([Fault("--days", "too_few_days", text)])
    began = time.perf_counter()
    parts = [days // MARKETS + (number < days % MARKETS) for number in range(MARKETS)]
    load_community(CACHE, COMMUNITY, SEED)  # read once, before both look for it
    with tempfile.TemporaryDirectory(prefix="gridpact-days-") as folder:
        first, running = FIRST_DAY, []
        for number, part in enumerate(parts):
            words = [str(number), first.isoformat(), str(part), str(sites), str(Path(folder) / str(number))]
            command = [sys.executable, "-m", "benchmarks.expert_days", *words]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            first += timedelta(part)
        told = [process.communicate()[0] for process in running]
    if failed := [process.returncode for process in running if process.returncode]:
        raise RuntimeError(f"a market of the demonstration days failed with {failed[0]}")
    return figures([json.loads(each) for each in told]) | {
        "days": days,
        "sites": sites,
        "markets": MARKETS,
        "days_s": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """One market: its number, first day, days, sites and folder; prints what it counted."""
    options = argparse.ArgumentParser()
    for name in ("number", "first", "days", "sites", "folder"):
        options.add_argument(name)
    given = options.parse_args()
    folder = Path(given.folder)
    server = start(folder / "pg")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:  # nothing of it outlives the bench
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    plan = days_of(date.fromisoformat(given.first), int(given.days), int(given.sites))
    settings = {"GRIDPACT_DATABASE_URL": server.url("days")}
    try:
        with opened(plan, settings, Places.of(folder / "world", CACHE), int(given.number)) as market:
            print(json.dumps(market.trade()))
    finally:
        server.stop()


if __name__ == "__main__":
    os.nice(1)
    main()
