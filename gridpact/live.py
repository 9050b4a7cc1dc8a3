"""The market in real time: the same graphs and parts as the demonstration, under the wall's clock.

The world around it is still the simulated neighbourhood, until real meters send. Nothing is planted and no expert is
scripted: cases wait for people, who decide through the API or ``gridpact cases``, and silence rejects. A market that
was down takes in what its meters kept, settles what was traded before, and does not trade books that closed meanwhile.
"""

import time
from collections.abc import Callable
from datetime import datetime

from domain.errors import OutsideFailed
from domain.slot import SLOTS_PER_DAY, Slot
from gridpact.demo import METERED_SLOTS, Run, first_settled

ATTEND_S = 5.0


def next_tick(now: datetime) -> int:
    """The slot whose start is the next tick, this very moment included."""
    slot = Slot.at(now)
    return slot.index if slot.start == now else slot.index + 1


def keep_trading(
    run: Run, ticks: int | None, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Tick at every half hour, ``ticks`` times or until stopped; between ticks attend to the cases.

    now, sleep: the wall's clock and patience; tests bring their own.
    """
    done = 0
    while ticks is None or done < ticks:
        tick = next_tick(now())
        while (left_s := (Slot(tick).start - now()).total_seconds()) > 0:
            sleep(min(left_s, ATTEND_S))
            run.scheduler.attend_cases()
        try:
            live_tick(run, tick)
        except OutsideFailed as failure:  # what failed outside is tried again at the next tick; nothing was lost
            run.progress.say(f"{Slot(tick).label(run.house.zone)}: {failure}")
        done += 1
        run.progress.say(
            f"{Slot(tick).label(run.house.zone)}: settled and traded, {len(run.scheduler.open_cases())} cases wait"
        )


def live_tick(run: Run, tick: int) -> None:
    """Everything that is due at one half hour."""
    delivered = tick - METERED_SLOTS
    for slot in range(run.world.homes.next_slot, delivered + 1):
        run.world.send(slot, run.world.live(slot), run.clock())
    run.world.publish_wholesale(tick, tick + SLOTS_PER_DAY)
    moment = Slot(tick).start
    run.scheduler.settle_due(moment, first_settled(run))
    run.scheduler.attend_cases()
    run.scheduler.trade(run.scheduler.closing_slot(moment))
