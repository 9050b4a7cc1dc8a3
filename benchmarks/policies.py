"""How long the rules take: all triggers over many trades on columns, and over one case alone.

The trades are uniform in energy, price and standing over thirty kinds of seller; some fall into every band. CPU seconds
of the process, the best of five rounds: other programs on the machine only ever add.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from benchmarks.clearing import machine
from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from policies.bands import SEVERITY, Action
from policies.facts import UNKNOWN, Facts
from policies.licences import LicenceState
from policies.mass import NUMBERS, FactColumns, judge_columns
from policies.pack import load_pack
from policies.triggers import evaluate

DAY = date(2026, 5, 20)
ROUNDS = 5
YEN = 1_000_000
# Of each number that trades differ in, the least and the most.
RANGES = {
    "value_ujpy": (YEN, 400_000 * YEN),
    "energy_wh_per_year": (50, 25_000_000),
    "tenor_days": (1, 400),
    "price_mjpy_per_kwh": (8_000, 21_000),
    "reference_price_mjpy_per_kwh": (9_000, 16_000),
    "clauses_outside_template": (0, 2),
    "zone_share_ppm": (0, 300_000),
    "exposure_ujpy": (0, 60_000 * YEN),
    "exposure_limit_ujpy": (50_000 * YEN, 50_000 * YEN + 1),
    "account_day_ujpy": (0, 25_000 * YEN),
    "zone_day_ujpy": (0, 5_500_000 * YEN),
}


def measure(trades: int = 100_000) -> dict[str, Any]:
    """Seconds of CPU for all triggers over ``trades`` trades, milliseconds for one case, and how many asked people."""
    pack, columns = load_pack("jp_demo"), _columns(trades)
    judged = judge_columns(columns, pack, DAY)
    cpu_s = _best(lambda: judge_columns(columns, pack, DAY))
    case_ms = _best(lambda: [evaluate(each, pack, DAY) for each in columns.kinds]) * 1_000 / len(columns.kinds)
    asked = int(np.count_nonzero(judged.severity >= SEVERITY[Action.ESCALATE]))
    figures = {"trades": trades, "cpu_s": round(cpu_s, 4), "case_ms": round(case_ms, 3)}
    return {"bench": "policies", "policies": figures, "asked_or_blocked": asked, "machine": machine()}


def _columns(trades: int) -> FactColumns:
    chance = np.random.default_rng(5)
    kinds = tuple(
        Facts(
            *(0, 0, 0, 19_000, 12_000, Corridor(8_500, 19_888), "tokyo", "tokyo"),
            equipment=(certification,),
            licences=(LicenceState.COMPLETE,),
            support_scheme="none",
            consumer_flag="none",
            kept_by_clearing=True,
            surveillance=(pattern,),
            grid_state=state,
        )
        for certification in (Certification.CERTIFIED, Certification.CERTIFIED, Certification.KNOWN)
        for pattern in ("none", "none", "none", "none", "wash_trade")
        for state in (GridState.NORMAL, GridState.CURTAILED)
    )
    drawn = {name: chance.integers(*bounds, trades) for name, bounds in RANGES.items()}
    unknown = {name: np.full(trades, UNKNOWN, np.int64) for name in NUMBERS if name not in drawn}
    return FactColumns(kinds, chance.integers(0, len(kinds), trades), **drawn, **unknown)


def _best(work: Callable[[], object]) -> float:
    """CPU seconds of the best round."""
    seconds = []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        work()
        seconds.append(time.process_time() - started_s)
    return min(seconds)
