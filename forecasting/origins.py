"""Where in a history a model is asked to look ahead while it learns.

The book of a slot closes four slots before it starts and the last reading known then is seven slots old, so trades are
made on lead 7 and plans reach 48 slots from there.
"""

import numpy as np
from numpy.typing import NDArray

from domain.slot import SLOTS_PER_DAY

LEADS = (7, 54)
LEADS_PER_ORIGIN = 8


def origins(slots: int, first_day: int, step: int, chance: np.random.Generator) -> list[tuple[int, NDArray[np.int64]]]:
    """Training origins and some leads of each: (last known column, leads), all targets inside the history.

    The shortest lead, the one trades are made on, is always among them; the others are drawn.
    """
    drawn = []
    for start in range(first_day * SLOTS_PER_DAY, slots - LEADS[0], step):
        last = start + int(chance.integers(step))
        more = chance.integers(LEADS[0], LEADS[1] + 1, LEADS_PER_ORIGIN - 1)
        leads = np.unique(np.append(more, LEADS[0]))
        leads = leads[last + leads < slots]
        if len(leads):
            drawn.append((last, leads))
    if not drawn:
        raise ValueError(f"a model needs more than {first_day} days of readings, not {slots / SLOTS_PER_DAY:.1f}")
    return drawn
