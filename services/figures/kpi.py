"""The figures of a run, by the definitions of docs/architecture.md, from what the database holds.

Shares are 0 to 1; money in yen and energy in kWh leave here as figures for people, everything before is whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.case import CaseState
from domain.contract import ContractState
from domain.order import Book, Column, Side
from domain.quantity import PPM, UJPY_PER_JPY, WH_PER_KWH
from domain.trade import Venue
from forecasting.scoring import pinball_ratio
from market.auction.clearing import clear
from market.fairness import gini_ppm, jain_ppm
from memory import cases
from memory.books import ledger, settlements, steps
from memory.devices import readings
from memory.trading import clearings, contracts, forecasts, orders, trades
from services.context import TradeContext
from services.figures.optimum import optimal_welfare_ujpy
from services.figures.proofs import verify_records
from services.figures.watching import findings_of
from services.orders import early_trades
from services.orders.books import book_of
from services.orders.market_view import own_limits
from services.roster import mandates_in_force
from services.vehicles.vehicle_figures import vehicle_figures

SAVINGS = (
    "saving_jpy_total", "saving_jpy_worst", "saving_gini", "saving_jain", "worse_off", "worse_off_before_sharing",
    "pool_jpy",
)  # fmt: skip
MATCHING = ("forecast", "bid", "screen", "clear")
CONTRACT = ("draft", "review", "book", "record")
SETTLEMENT = ("meter", "settle", "close")
STANDS = frozenset({ContractState.APPROVED, ContractState.RECORDED, ContractState.SETTLED})


@dataclass(frozen=True, slots=True)
class Scope:
    """What is reported: the traded slots, consecutive; the sites that do not share a profile; and the physical run
    without trade: meters and vehicles' charging, shape (sites, slots), and what batteries and vehicles hold at its end.
    alike: import less export of that run, had it ended with as much in the vehicles as the traded one; vehicles_stored:
    what they hold at the end of that. Wh."""

    slots: list[int]
    distinct_load: list[int]
    import_without_trade_wh: Column
    export_without_trade_wh: Column
    vehicle_charge_without_trade_wh: Column
    stored_without_trade_wh: int
    alike_without_trade_wh: Column
    vehicles_stored_wh: int
    co2_g_per_kwh: int


def share(part: int | float, whole: int | float) -> float:
    """part / whole, one when there was nothing to do."""
    return part / whole if whole else 1.0


def figures(tx: Connection, ctx: TradeContext, scope: Scope) -> dict[str, Any]:
    """Every KPI of the run by its public name."""
    first, last = scope.slots[0], scope.slots[-1]
    flows = readings.history(tx, ctx.roster.ids, first, last)
    cleared = clearings.between(tx, first, last)
    traded_wh = sum(row.sold_wh for row in settlements.of_slots(tx, first, last))
    hindsight_wh = sum(hindsight_volume_wh(tx, ctx, slot, flows, slot - first) for slot in scope.slots)
    offered_wh = sum(each.offered_wh for each in cleared)
    records, verified = verify_records(tx, ctx)
    return {
        "matching_success": share(traded_wh, hindsight_wh),
        "matching_success_contracts": share(_delivered_wh(tx, scope), hindsight_wh),
        "matched_over_offered": share(sum(each.volume_wh for each in cleared), offered_wh),
        **_continuous(tx, first, last),
        "welfare_ratio": _welfare_ratio(tx, ctx, scope.slots, cleared),
        **_completion(tx, scope),
        **_physics(flows, scope),
        **vehicle_figures(ctx.roster.vehicles, flows, scope.vehicle_charge_without_trade_wh),
        **_times(tx, ctx, scope.slots),
        **_savings(tx, ctx, scope.slots),
        "surveillance_findings": None if (found := findings_of(tx, ctx, scope.slots)) is None else len(found),
        "forecast_pinball_ratio": forecast_ratio(tx, ctx, scope, flows),
        "ledger_sum_ujpy": ledger.sum_ujpy(tx),
        "chain_records": records,
        "chain_records_verified": verified,
    }


def _continuous(tx: Connection, first: int, last: int) -> dict[str, Any]:
    """What members traded one by one before the calls."""
    made = [each for each in trades.between(tx, first, last) if each.market is Venue.CONTINUOUS]
    return {"continuous_trades": len(made), "continuous_kwh": sum(each.energy_wh for each in made) / WH_PER_KWH}


def _delivered_wh(tx: Connection, scope: Scope) -> int:
    """The metered part of contracts, before deviations met in the pool."""
    return sum(each.delivered_wh or 0 for each in contracts.between(tx, scope.slots[0], scope.slots[-1]))


def hindsight_volume_wh(tx: Connection, ctx: TradeContext, slot: int, flows: dict[str, Column], column: int) -> int:
    """What the slot would have matched, had everybody known the meters: metered surplus and need at the same limits."""
    day = ctx.day_of(slot)
    corridor = ctx.rules.of(day).corridor
    mandates = mandates_in_force(tx, ctx.roster)
    export_wh, import_wh = (np.maximum(flows[name][:, column], 0) for name in ("export_wh", "import_wh"))
    ask_limit, bid_limit = own_limits(tx, ctx, day)
    selling = mandates.active & (export_wh > import_wh) & (ask_limit <= corridor.cap)
    buying = mandates.active & (import_wh > export_wh) & (bid_limit >= corridor.floor)
    site = np.concatenate([np.flatnonzero(selling), np.flatnonzero(buying)])
    sells = np.arange(len(site)) < np.count_nonzero(selling)
    book = Book(
        site,
        np.where(sells, int(Side.SELL), int(Side.BUY)),
        np.where(sells, ask_limit[site], bid_limit[site]),
        np.where(sells, export_wh[site], import_wh[site]),
        np.arange(len(site)),
    )
    return clear(book, corridor).volume_wh


def _welfare_ratio(tx: Connection, ctx: TradeContext, slots: list[int], cleared: list[clearings.ClearingRow]) -> float:
    """What the trades realised at their owners' limits, over the optimum of the same admitted orders."""
    realised = optimum = 0
    by_slot = {each.slot: each for each in cleared}
    for slot in slots:
        book = book_of(orders.admitted_of_slot(tx, slot), ctx.roster.position)
        feeder = early_trades.left_for_call(tx, slot, ctx.connections, ctx.roster.position)
        optimum += optimal_welfare_ujpy(book, feeder, ctx.connections.node)
        realised += by_slot[slot].welfare_ujpy if slot in by_slot else 0
    return share(realised, optimum)


def _completion(tx: Connection, scope: Scope) -> dict[str, Any]:
    first, last = scope.slots[0], scope.slots[-1]
    made = contracts.between(tx, first, last)
    filed = cases.all(tx)
    traded = [each for each in made if each.trade_id and each.state in STANDS]
    standard = [each for each in made if each.standard]
    asked = {each.contract_digest for each in filed}
    settled_slots = steps.count(tx, "settle")
    natural = [each for each in filed if each.planted is None]
    return {
        "settlement_completion": share(sum(each.state is ContractState.SETTLED for each in traded), len(traded)),
        "contract_automation": share(automatic(standard, asked), len(standard)),
        "contract_automation_all": share(automatic(made, asked), len(made)),
        "settlement_automation": share(settled_slots, len(scope.slots)),
        "contracts": len(made),
        "escalated": len(filed),
        "escalated_planted": len(filed) - len(natural),
        "escalated_natural": len(natural),
        "cases_open": sum(each.state is CaseState.OPEN for each in filed),
    }


def automatic(made: Sequence[contracts.ContractRow], asked: set[str]) -> int:
    """How many contracts stand without anybody having been asked; a blocked or cancelled one does not stand."""
    return sum(each.state in STANDS and each.digest not in asked for each in made)


def _physics(flows: dict[str, Column], scope: Scope) -> dict[str, Any]:
    load_wh, pv_wh, charged_wh = (
        int(np.maximum(flows[name], 0).sum()) for name in ("load_wh", "generation_wh", "vehicle_charge_wh")
    )
    charged_alone_wh = int(scope.vehicle_charge_without_trade_wh.sum())
    feeder_wh = np.maximum(flows["import_wh"], 0).sum(axis=0) - np.maximum(flows["export_wh"], 0).sum(axis=0)
    import_wh, export_wh = int(np.maximum(feeder_wh, 0).sum()), int(np.maximum(-feeder_wh, 0).sum())
    stored_wh = int(np.maximum(flows["stored_wh"][:, -1], 0).sum()) + scope.vehicles_stored_wh
    feeder_alone_wh = (scope.import_without_trade_wh - scope.export_without_trade_wh).sum(axis=0)
    import_alone_wh = int(np.maximum(feeder_alone_wh, 0).sum())
    return {
        "self_sufficiency": 1 - share(import_wh, load_wh + charged_wh),
        "self_sufficiency_without_trade": 1 - share(import_alone_wh, load_wh + charged_alone_wh),
        "self_consumption": 1 - export_wh / pv_wh if pv_wh else 1.0,
        "stored_end_kwh": stored_wh / WH_PER_KWH,
        "stored_end_kwh_without_trade": scope.stored_without_trade_wh / WH_PER_KWH,
        "feeder_import_kwh": import_wh / WH_PER_KWH,
        "co2_kg": import_wh * scope.co2_g_per_kwh / WH_PER_KWH / 1000,
    }


def _times(tx: Connection, ctx: TradeContext, slots: list[int]) -> dict[str, float]:
    """The worst slot's seconds of matching, contract and settlement, as `Steps.run` takes them: before each commit."""
    spent = steps.times(tx)
    by_slot = {slot: ctx.thread(slot) for slot in slots}

    def worst(nodes: tuple[str, ...]) -> float:
        return max(sum(spent.get((thread, node), 0.0) for node in nodes) for thread in by_slot.values())

    return {"matching_s_max": worst(MATCHING), "contract_s_max": worst(CONTRACT), "settlement_s_max": worst(SETTLEMENT)}


def closed_days(tx: Connection, ctx: TradeContext, slots: list[int]) -> list[dict[str, Any]]:
    """What each finished day's closing found, in order."""
    found = (steps.find(tx, ctx.thread(slot), "close") for slot in slots)
    return [each for each in found if each]


def savings_ujpy(days: list[dict[str, Any]], site_ids: list[str]) -> Column:
    """What each member gained against no trading over the closed days. Shape (sites,), uJPY."""
    return np.array([sum(day["saving_ujpy"][site] for day in days) for site in site_ids], np.int64)


def _savings(tx: Connection, ctx: TradeContext, slots: list[int]) -> dict[str, Any]:
    days = closed_days(tx, ctx, slots)
    if not days:  # nothing is said of a day that has not closed
        return dict.fromkeys(SAVINGS)
    saving = savings_ujpy(days, ctx.roster.ids)
    return {
        "saving_jpy_total": int(saving.sum()) / UJPY_PER_JPY,
        "saving_jpy_worst": int(saving.min()) / UJPY_PER_JPY,
        "saving_gini": gini_ppm(saving) / PPM,
        "saving_jain": jain_ppm(saving) / PPM,
        "worse_off": sum(day["worse_off_after"] for day in days),
        "worse_off_before_sharing": sum(day["worse_off_before"] for day in days),
        "pool_jpy": sum(day["pool_ujpy"] for day in days) / UJPY_PER_JPY,
    }


def forecast_ratio(tx: Connection, ctx: TradeContext, scope: Scope, flows: dict[str, Column]) -> float:
    """Pinball loss of the learnt forecast over the seasonal baseline's, on sites that share no profile."""
    made = forecasts.of_slots(tx, scope.slots[0], scope.slots[-1], ctx.roster.ids)
    rows = scope.distinct_load
    quantiles = ("p10", "p50", "p90")
    model = np.stack([made[f"load_{name}"][rows] for name in quantiles])
    baseline = np.stack([made[f"baseline_{name}"][rows] for name in quantiles])
    return pinball_ratio(flows["load_wh"][rows], model, baseline)
