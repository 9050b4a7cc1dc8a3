"""The hub of one home: after each half hour it reads the registers and sends signed readings; in between it asks the
market for set-points and tells panels, battery and charger.

Each duty is one step that may fail by itself and is tried again; the loop says why and goes on. When the market has
been silent for the lease, and whenever the hub is stopped, the panels go to their safe output and the battery back to
self-consumption, and a vehicle charges as its settings say.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.errors import DeviceDown, GridpactError
from domain.slot import Slot
from gateways.hub.counts import HALF_HOUR, Fixed
from gateways.hub.household import Household
from gateways.hub.hub_settings import MarketSettings
from gateways.hub.market_link import MarketLink, Plan
from gateways.hub.registers import amounts, between, taken
from gateways.hub.spool import Spool
from gateways.hub.steering import Orders, orders

SLOT_MIN = HALF_HOUR // timedelta(minutes=1)
TICK_S = 10
ASK_EVERY_S = 60
SEND_MOST = 48
REPEAT_EVERY_S = 600
ASK_PAST_DAYS = 45
LATE = timedelta(minutes=3)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clocks:
    """now: the wall's clock, in UTC; ticking: seconds that never go back."""

    now: Callable[[], datetime]
    ticking: Callable[[], float]


class Hub:
    """One home's hub. Its parts are opened and closed by whoever made it."""

    def __init__(
        self, settings: MarketSettings, home: Household, spool: Spool, market: MarketLink, clocks: Clocks
    ) -> None:
        self._settings, self._home, self._spool = settings, home, spool
        self._market, self._clocks = market, clocks
        self._complete = False
        self._plan = Plan({}, 0)
        self._heard_s: float | None = None
        self._repeated_s = clocks.ticking()
        self.failures: Counter[str] = Counter()

    async def run(self, say: Say, ticks: int | None = None) -> None:
        """Do every duty at every tick, ``ticks`` times or until cancelled; then leave the home safe."""
        done, asked_s = 0, -float(ASK_EVERY_S)
        try:
            while ticks is None or done < ticks:
                began_s = self._clocks.ticking()
                if began_s - asked_s >= ASK_EVERY_S:
                    asked_s = began_s
                    await self._tried(self.ask_market, say)
                await self._tried(self.steer, say)
                await self._tried(self.read_meter, say)
                await self._tried(self.send, say)
                done += 1
                if done != ticks:
                    await asyncio.sleep(max(0.0, began_s + TICK_S - self._clocks.ticking()))
        finally:
            await self._tried(self.make_safe, say)

    async def read_meter(self) -> int:
        """Take the mark of the half hour that ended last, once the meter has it; returns how many readings it made."""
        now = self._clocks.now()
        slot = Slot.at(now, SLOT_MIN).index
        before = self._spool.last_mark()
        if before is not None and before.slot >= slot:
            return 0
        home = await self._found()
        fixed = await home.fixed(self._local(slot))
        if fixed is None:
            return 0  # the meter writes it down some moments after the half hour: the next tick asks again
        scale, behind = await home.scale(), await home.behind()
        mark = taken(slot, fixed, behind, before, late=now - Slot(slot, SLOT_MIN).start > LATE)
        if before is None:
            self._spool.keep(mark, [])
            return 0
        marks = [before, *between(before, mark, await self._past(home, before.slot + 1, slot - 1), scale)]
        used = [amounts(start, end, scale) for start, end in pairwise(marks)]
        made = [each for each in used if each is not None]
        self._spool.keep(mark, made)
        return len(made)

    async def send(self) -> int:
        """Send the oldest readings that the market does not have; returns how many it took.

        What it refused is sent again now and then: its reason (a key not yet registered, a clock) may pass.
        """
        waiting = self._spool.waiting(SEND_MOST)
        if not waiting and self._clocks.ticking() - self._repeated_s >= REPEAT_EVERY_S:
            self._repeated_s = self._clocks.ticking()
            waiting = self._spool.waiting(SEND_MOST, refused=True)
        if not waiting:
            return 0
        refusals = await asyncio.to_thread(self._market.send, waiting, self._clocks.now())
        self._spool.sent([counter for counter, why in refusals.items() if not why])
        for counter, why in refusals.items():
            if why:
                self._spool.refused(counter, why)
        return sum(not why for why in refusals.values())

    async def ask_market(self) -> None:
        """Hear what the home is to do; every answer renews the lease."""
        self._plan = await asyncio.to_thread(self._market.plan, self._clocks.now(), SLOT_MIN)
        self._heard_s = self._clocks.ticking()

    async def steer(self) -> Orders:
        """Tell panels and battery what holds now; what they were told already is not told again."""
        home = await self._found()
        holds = await self._holding(home)
        await home.tell(holds)
        return holds

    async def make_safe(self) -> None:
        """Panels to their safe output, battery back to self-consumption, whatever they were told before."""
        await self._home.tell(Orders(self._settings.pv_safe_percent), anew=True)

    async def _holding(self, home: Household) -> Orders:
        silent_s = None if self._heard_s is None else self._clocks.ticking() - self._heard_s
        slot = Slot.at(self._clocks.now(), SLOT_MIN).index
        steered = slot in self._plan.points
        return orders(
            self._plan.points,
            slot,
            SLOT_MIN,
            silent_s,
            min(self._plan.lease_s, self._settings.silence_s),
            self._settings.pv_safe_percent,
            await home.battery() if steered else None,
            await home.net_w() if steered else None,
            takes_power=steered and await home.takes_power(),
        )

    async def _found(self) -> Household:
        """The home; looked for again after a device was silent."""
        if not self._complete:
            self._complete = await self._home.find()
        return self._home

    async def _past(self, home: Household, first: int, last: int) -> dict[int, Fixed]:
        """What the meter remembers of slot starts from first to last."""
        first = max(first, last - ASK_PAST_DAYS * 48)
        if first > last:
            return {}
        midnight = self._clocks.now().astimezone(ZoneInfo(self._settings.time_zone)).replace(tzinfo=None)
        today = midnight.replace(hour=0, minute=0, second=0, microsecond=0)
        found = await home.past(self._local(first), self._local(last), today)
        return {slot: found[at] for slot in range(first, last + 1) if (at := self._local(slot)) in found}

    def _local(self, slot: int) -> datetime:
        """The start of a slot on the meter's own clock, which bears no zone."""
        return Slot(slot, SLOT_MIN).local_start(ZoneInfo(self._settings.time_zone)).replace(tzinfo=None)

    async def _tried(self, duty: Callable[[], Awaitable[object]], say: Say) -> None:
        try:
            await duty()
        except GridpactError as failure:
            self.failures[type(failure).__name__] += 1
            if isinstance(failure, DeviceDown):
                self._complete = False  # it may have another address now
            say(str(failure))
