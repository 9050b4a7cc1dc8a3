"""All triggers over many trades at once, on columns.

Mass trades differ in their numbers and are alike in all else: those that share area, equipment, licences and findings
share one kind. A kind's classes are looked up once, the numbers fall into the bands by a search; what comes out is the
same, trade by trade, as ``triggers.evaluate`` says of each alone.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import RuleValueUnusable
from domain.order import Column
from policies.amounts import AMOUNTS, column_of
from policies.bands import SEVERITY, Action, Trigger
from policies.classes import CLASSES, OUTSIDE_CORRIDOR, classes_of
from policies.facts import UNKNOWN, Facts
from policies.pack import RulePack
from policies.triggers import TRIGGERS, require_complete

Mask = NDArray[np.bool_]

NUMBERS = (
    "value_ujpy", "energy_wh_per_year", "tenor_days", "price_mjpy_per_kwh", "reference_price_mjpy_per_kwh",
    "clauses_outside_template", "zone_share_ppm", "exposure_ujpy", "exposure_limit_ujpy", "grid_loading_ppm",
    "dispute_ujpy", "anomaly_ppm", "confidence_ppm", "correction_ujpy", "account_day_ujpy", "zone_day_ujpy",
    "imbalance_ujpy",
)  # fmt: skip
"""The facts of which each trade has its own. E20's share of a bill is its kind's."""


@dataclass(frozen=True, slots=True)
class FactColumns:
    """Many contracts. kinds: what is alike in all but NUMBERS. kind: the place of each trade's. Each column shape
    (trades,), int64, units as in ``Facts``, UNKNOWN where nobody knows."""

    kinds: tuple[Facts, ...]
    kind: Column
    value_ujpy: Column
    energy_wh_per_year: Column
    tenor_days: Column
    price_mjpy_per_kwh: Column
    reference_price_mjpy_per_kwh: Column
    clauses_outside_template: Column
    zone_share_ppm: Column
    exposure_ujpy: Column
    exposure_limit_ujpy: Column
    grid_loading_ppm: Column
    dispute_ujpy: Column
    anomaly_ppm: Column
    confidence_ppm: Column
    correction_ujpy: Column
    account_day_ujpy: Column
    zone_day_ujpy: Column
    imbalance_ujpy: Column


@dataclass(frozen=True, slots=True)
class MassJudgement:
    """severity: the strictest action of each trade as its rank in ``bands.SEVERITY``. Shape (trades,), int64. unknown:
    whose facts nobody knows, by trigger, where there are any. Each shape (trades,), bool."""

    severity: Column
    unknown: dict[str, Mask] = field(default_factory=dict)

    def unknown_of(self, trade: int) -> tuple[str, ...]:
        """The triggers that know nothing of one trade."""
        return tuple(trigger for trigger, blind in self.unknown.items() if blind[trade])


def columns_of(rows: list[Facts]) -> FactColumns:
    """One row a contract, in their order; those alike in all but numbers share a kind."""
    places: dict[Any, int] = {}
    kinds: list[Facts] = []
    kind = np.empty(len(rows), np.int64)
    others = [each.name for each in fields(Facts) if each.name not in NUMBERS]
    for at, row in enumerate(rows):
        key = tuple(getattr(row, name) for name in others)
        if key not in places:
            places[key] = len(kinds)
            kinds.append(row)
        kind[at] = places[key]
    numbers = {name: np.array([getattr(row, name) for row in rows], np.int64) for name in NUMBERS}
    return FactColumns(tuple(kinds), kind, **numbers)


def judge_columns(columns: FactColumns, pack: RulePack, on: date) -> MassJudgement:
    """Judge every trade by all of the pack's triggers. Raises RuleValueUnusable as ``triggers.evaluate``."""
    require_complete(pack)
    severity = np.zeros(len(columns.kind), np.int64)
    unknown = {}
    for id_ in TRIGGERS:
        found, blind = _look(pack.triggers[id_], columns, pack, on)
        np.maximum(severity, found, out=severity)
        if blind.any():
            unknown[id_] = blind
    return MassJudgement(severity, unknown)


def _look(trigger: Trigger, columns: FactColumns, pack: RulePack, on: date) -> tuple[Column, Mask]:
    """The rank of what one trigger says of each trade, and where it knows nothing."""
    by_class, classed = _by_class(trigger, columns, pack, on)
    if trigger.id not in AMOUNTS:
        blind = ~classed
        return np.where(blind, SEVERITY[trigger.unknown.action], by_class), blind
    amount = column_of(trigger.id, columns, pack, on)
    measured = amount != UNKNOWN
    found = np.maximum(by_class, np.where(measured, _by_amount(trigger, amount), 0))
    blind = ~(classed | measured)
    return np.where(blind, SEVERITY[trigger.unknown.action], found), blind


def _by_class(trigger: Trigger, columns: FactColumns, pack: RulePack, on: date) -> tuple[Column, Mask]:
    """Rank by the classes of each trade, and whether it has any."""
    if trigger.id == "E05":
        return _outside(trigger, columns)
    if trigger.id not in CLASSES:
        return np.zeros(len(columns.kind), np.int64), np.zeros(len(columns.kind), np.bool_)
    words = [classes_of(trigger.id, each, pack, on) for each in columns.kinds]
    ranks = [SEVERITY[_rank(trigger, each, pack)] if each else 0 for each in words]
    return np.array(ranks, np.int64)[columns.kind], np.array([bool(each) for each in words])[columns.kind]


def _rank(trigger: Trigger, words: tuple[str, ...], pack: RulePack) -> Action:
    try:
        return trigger.band(None, words).action
    except KeyError as unknown:
        raise RuleValueUnusable(f"pack {pack.id}: {trigger.id} knows no class {unknown}") from None


def _outside(trigger: Trigger, columns: FactColumns) -> tuple[Column, Mask]:
    floor = np.array([each.corridor.floor for each in columns.kinds], np.int64)[columns.kind]
    cap = np.array([each.corridor.cap for each in columns.kinds], np.int64)[columns.kind]
    outside = (columns.price_mjpy_per_kwh < floor) | (columns.price_mjpy_per_kwh > cap)
    rank = SEVERITY[trigger.band(None, (OUTSIDE_CORRIDOR,)).action]
    return np.where(outside, rank, 0), outside


def _by_amount(trigger: Trigger, amount: Column) -> Column:
    bounds = np.array([band.upto for band in trigger.amounts[:-1]], np.int64)
    ranks = np.array([SEVERITY[band.action] for band in trigger.amounts], np.int64)
    return ranks[np.searchsorted(bounds, amount, side="left")]
