"""What surveillance is shown of the meters: each reading once, and darkness only where others bear witness to it."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.figures.observation import WITNESSES_MIN, exports_of

FIRST = 1_000


@st.composite
def meters(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Export and generation of a few sites and slots, with gaps and nights, and who has a plant."""
    sites, slots = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    registers = st.lists(st.lists(st.integers(-1, 2), min_size=slots, max_size=slots), min_size=sites, max_size=sites)
    sunlit = st.lists(st.booleans(), min_size=sites, max_size=sites)
    return np.array(draw(registers), np.int64), np.array(draw(registers), np.int64), np.array(draw(sunlit), np.bool_)


@given(meters())
def test_it_is_dark_where_the_plants_of_others_were_read_and_gave_nothing(seen: tuple[Any, Any, Any]) -> None:
    """Law, told cell by cell: enough other plants, all of them silent; what was not read is neither sun nor witness."""
    export_wh, generation_wh, sunlit = seen
    found = exports_of(*seen, FIRST)
    rows = zip(found.slot.tolist(), found.site.tolist(), found.energy_wh.tolist(), found.dark.tolist(), strict=True)
    told = []
    for site, row in enumerate(export_wh.tolist()):
        for column, energy_wh in enumerate(row):
            others = [at for at in range(len(sunlit)) if at != site and sunlit[at] and generation_wh[at, column] >= 0]
            dark = len(others) >= WITNESSES_MIN and all(generation_wh[at, column] == 0 for at in others)
            if energy_wh >= 0:
                told.append((FIRST + column, site, energy_wh, dark))
    assert list(rows) == told
