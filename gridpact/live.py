"""The market in real time: the same graphs and parts as the demonstration, under the wall's clock.

The world around it is still the simulated neighbourhood, until real meters send. Nothing is planted and no expert is
scripted: cases wait for people, who decide through the API or ``gridpact cases``, and silence rejects. A market that
was down takes in what its meters kept and finds every slot since its first that is not finished: one whose gate is
still open trades on, any other is stopped, metered and settled at the utility's terms. Nothing vanishes.
"""

import time
from collections.abc import Callable
from datetime import datetime

from domain.errors import OutsideFailed
from gridpact.demo import Run
from services.market_time import MarketTime

ATTEND_S = 5.0


def next_tick(market: MarketTime, now: datetime) -> int:
    """The slot whose start is the next tick, this very moment included."""
    slot = market.at(now)
    return slot if market.start(slot) == now else slot + 1


def keep_trading(
    run: Run, ticks: int | None, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Go on where the market was left, then tick at every start of a slot, ``ticks`` times or until stopped; between
    ticks attend to the cases.

    now, sleep: the wall's clock and patience; tests bring their own.
    """
    _tried(run, run.time.at(now()), catch_up)
    done = 0
    while ticks is None or done < ticks:
        tick = next_tick(run.time, now())
        while (left_s := (run.time.start(tick) - now()).total_seconds()) > 0:
            sleep(min(left_s, ATTEND_S))
            _tried(run, tick, _attend)
        _tried(run, tick, _tick)
        done += 1


def _attend(run: Run, tick: int) -> None:
    run.scheduler.attend_cases()


def _tick(run: Run, tick: int) -> None:
    live_tick(run, tick)
    waiting = len(run.scheduler.open_cases())
    run.progress.say(f"{run.time.label(tick)}: settled and traded, {waiting} cases wait")


def _tried(run: Run, tick: int, work: Callable[[Run, int], None]) -> None:
    """Do what is due. What fails outside is said and tried again at the next tick: nothing was lost."""
    try:
        work(run, tick)
    except OutsideFailed as failure:
        run.progress.say(f"{run.time.label(tick)}: {failure}")


def live_tick(run: Run, tick: int) -> None:
    """Everything that is due at one tick."""
    catch_up(run, tick - 1)
    take_in(run, tick)
    moment = run.time.start(tick)
    run.scheduler.hold_sessions()
    run.scheduler.settle_due(moment)
    run.scheduler.attend_cases()
    run.scheduler.trade(run.scheduler.closing_slot(moment))


def catch_up(run: Run, tick: int) -> None:
    """Take in what was missed until a tick, and go on with every slot whose book had closed by then."""
    take_in(run, tick)
    run.scheduler.catch_up(run.scheduler.closing_slot(run.time.start(tick)))


def take_in(run: Run, tick: int) -> None:
    """The readings that are due at a tick, and the prices that its slots need."""
    due = tick - run.time.behind
    for slot in range(run.world.homes.next_slot, due + 1):  # a long absence leaves readings that are old on purpose
        run.world.send(slot, run.world.live(slot), run.clock(), backfill=slot < due)
    unfinished = run.scheduler.unfinished(tick)
    run.world.publish_wholesale(min([tick, *unfinished]), tick + run.time.per_day)
