"""What it costs to bring one contract from an order to a posted settlement: time-driven activity costing.

Each contract bears the activities that were recorded for it; those of a slot or a chain record are shared equally by
its contracts. Contracts that came to nothing are costs too: the ones that stand bear them in equal parts. Energy,
wires, levies and taxes are no transaction costs and play no part. What an activity costs is a range, not a figure, so
a cost is an interval: every activity at its least, and every one at its most.

A saving is claimed against a baseline that somebody measured, never against one that was assumed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import WH_PER_KWH

SHOWN_AT_MOST_PPM = 300_000
"""A saving of 70 % is shown when the ratio's upper end is at most this."""
BASELINE_CONTRACTS_MIN = 100


class Activity(StrEnum):
    """What is counted. machine: ms of the market's steps, by the clock. gas: of the chain's records. texts: written by
    a language model. decisions: of people about cases. acts: of parties on paper, such as an opened explanation."""

    MACHINE = "machine_ms"
    GAS = "gas"
    TEXTS = "model_texts"
    DECISIONS = "decisions"
    ACTS = "party_acts"


class Range(NamedTuple):
    """From least to most, uJPY a unit of what is counted. source: where it is from, or that it is assumed."""

    low_ujpy: int
    high_ujpy: int
    source: str


class Baseline(NamedTuple):
    """What the same costs otherwise, mJPY a kWh. contracts: on how many it was measured, 0 when it was assumed."""

    low_mjpy_per_kwh: int
    high_mjpy_per_kwh: int
    contracts: int
    source: str


class Verdict(StrEnum):
    """What may be said of the claim."""

    SHOWN = "shown"
    NOT_SHOWN = "not shown"
    REFUTED = "refuted"


class ContractCosts(NamedTuple):
    """Costs of the contracts that stand, in order, uJPY, int64, shape (standing,): each with its part of what came to
    nothing. energy_wh: what they delivered together."""

    low_ujpy: Column
    high_ujpy: Column
    energy_wh: int


class Ratio(NamedTuple):
    """Cost a kWh against the baseline, ppm, rounded away from what is claimed: low down, high up."""

    low_ppm: int
    high_ppm: int
    verdict: Verdict


def contract_costs(
    counts: Mapping[Activity, Column], costs: Mapping[Activity, Range], stands: Column, energy_wh: int
) -> ContractCosts:
    """What each standing contract cost. counts: by activity, shape (contracts,), int64. stands: 1 or 0, same shape.

    Sums are kept to the uJPY: what does not divide among the standing ones is borne by the first.
    """
    ends = []
    for high in (False, True):
        unit = {activity: (range_.high_ujpy if high else range_.low_ujpy) for activity, range_ in costs.items()}
        total = sum((counts[each] * unit[each] for each in counts), np.zeros(len(stands), np.int64))
        ends.append(_with_what_failed(total, stands))
    return ContractCosts(ends[0], ends[1], energy_wh)


def ratio(found: ContractCosts, baseline: Baseline) -> Ratio | None:
    """The cost a kWh of what the baseline costs; None while nothing was delivered, or the baseline is nothing."""
    if not found.energy_wh or not baseline.low_mjpy_per_kwh:
        return None
    low, high = int(found.low_ujpy.sum()), int(found.high_ujpy.sum())
    # uJPY a Wh is JPY a MWh is mJPY a kWh
    at_low, at_high = (mjpy * found.energy_wh for mjpy in (baseline.low_mjpy_per_kwh, baseline.high_mjpy_per_kwh))
    low_ppm, high_ppm = low * 1_000_000 // at_high, -(-high * 1_000_000 // at_low)
    return Ratio(low_ppm, high_ppm, _verdict(low_ppm, high_ppm, baseline))


def per_kwh_mjpy(ujpy: int, energy_wh: int) -> int | None:
    """A cost in mJPY a kWh, rounded up; None of nothing."""
    return -(-ujpy * WH_PER_KWH // (energy_wh * 1_000)) if energy_wh else None


def _verdict(low_ppm: int, high_ppm: int, baseline: Baseline) -> Verdict:
    if low_ppm > SHOWN_AT_MOST_PPM:
        return Verdict.REFUTED
    measured = baseline.contracts >= BASELINE_CONTRACTS_MIN
    return Verdict.SHOWN if measured and high_ppm <= SHOWN_AT_MOST_PPM else Verdict.NOT_SHOWN


def _with_what_failed(total_ujpy: Column, stands: Column) -> Column:
    standing: Column = total_ujpy[stands == 1]
    if not len(standing):
        return standing
    share, rest = divmod(int(total_ujpy[stands == 0].sum()), len(standing))
    borne: Column = standing + share
    borne[0] += rest
    return borne
