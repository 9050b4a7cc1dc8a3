"""The market in real time: the same graphs and parts as the demonstration, under the wall's clock.

Around it stands a simulated neighbourhood (gridpact.demo) or a real one, whose meters and price files bring what they
know by the doors (gridpact.neighbourhood). Nothing is planted and no expert is scripted: cases wait for people, who
decide through the API or ``gridpact cases``, and silence rejects. A market that was down takes in what its meters kept
and finds every slot since its first that is not finished: one whose gate is still open trades on, any other is stopped,
metered and settled at the utility's terms. Nothing vanishes.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.errors import OutsideFailed
from gridpact.progress import Progress
from gridpact.scheduler import Scheduler
from services.market_time import MarketTime

ATTEND_S = 5.0


class Live(Protocol):
    """A market that trades in real time, and what surrounds it."""

    @property
    def time(self) -> MarketTime: ...
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def progress(self) -> Progress: ...
    def take_in(self, tick: int) -> None:
        """What is due from the outside at a tick: readings, and the prices that its slots need."""


def next_tick(time: MarketTime, now: datetime) -> int:
    """The slot whose start is the next tick, this very moment included."""
    slot = time.at(now)
    return slot if time.start(slot) == now else slot + 1


def keep_trading(
    market: Live, ticks: int | None, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Go on where the market was left, then tick at every start of a slot, ``ticks`` times or until stopped; between
    ticks attend to the cases.

    now, sleep: the wall's clock and patience; tests bring their own.
    """
    _tried(market, market.time.at(now()), catch_up)
    done = 0
    while ticks is None or done < ticks:
        tick = next_tick(market.time, now())
        while (left_s := (market.time.start(tick) - now()).total_seconds()) > 0:
            sleep(min(left_s, ATTEND_S))
            _tried(market, tick, _attend)
        _tried(market, tick, _tick)
        done += 1


def _attend(market: Live, tick: int) -> None:
    market.scheduler.attend()


def _tick(market: Live, tick: int) -> None:
    live_tick(market, tick)
    waiting, unpriced = len(market.scheduler.open_cases()), market.scheduler.unpriced(market.time.start(tick))
    market.progress.say(f"{market.time.label(tick)}: settled and traded, {waiting} cases wait")
    if unpriced:
        market.progress.say(
            f"{len(unpriced)} delivered slots wait for their prices: gridpact import wholesale|imbalance FILE"
        )


def _tried(market: Live, tick: int, work: Callable[[Live, int], None]) -> None:
    """Do what is due. What fails outside is said and tried again at the next tick: nothing was lost."""
    try:
        work(market, tick)
    except OutsideFailed as failure:
        market.progress.say(f"{market.time.label(tick)}: {failure}")


def live_tick(market: Live, tick: int) -> None:
    """Everything that is due at one tick."""
    catch_up(market, tick - 1)
    market.take_in(tick)
    moment = market.time.start(tick)
    market.scheduler.hold_sessions()
    market.scheduler.settle_due(moment)
    market.scheduler.attend_cases()
    market.scheduler.trade(market.scheduler.closing_slot(moment))


def catch_up(market: Live, tick: int) -> None:
    """Take in what was missed until a tick, and go on with every slot whose book had closed by then."""
    market.take_in(tick)
    market.scheduler.catch_up(market.scheduler.closing_slot(market.time.start(tick)))
