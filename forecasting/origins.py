"""Where in a history a model is asked to look ahead while it learns.

When the book of a slot closes, the last reading known is some slots old: seven half hours in Japan. So trades are made
on that lead, the shortest, and plans reach a day from there.
"""

import numpy as np
from numpy.typing import NDArray

from forecasting.history import History

LEADS_PER_ORIGIN = 8


def origins(
    history: History, lead: int, first_day: int, step_min: int, chance: np.random.Generator
) -> list[tuple[int, NDArray[np.int64]]]:
    """Training origins and some leads of each: (last known column, leads), all targets inside the history.

    lead: the shortest, slots. step_min: minutes from one origin to the next, to whole slots rounded down, at least one.

    The shortest lead, the one trades are made on, is always among them; the others are drawn.
    """
    slots, step, drawn = history.values.shape[1], max(1, step_min // history.slot_min), []
    for start in range(first_day * history.per_day, slots - lead, step):
        last = start + int(chance.integers(step))
        more = chance.integers(lead, lead + history.per_day, LEADS_PER_ORIGIN - 1)
        leads = np.unique(np.append(more, lead))
        leads = leads[last + leads < slots]
        if len(leads):
            drawn.append((last, leads))
    if not drawn:
        raise ValueError(f"a model needs more than {first_day} days of readings, not {slots / history.per_day:.1f}")
    return drawn
