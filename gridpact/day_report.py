"""A finished run as the page that people look at."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.contract import ContractState
from domain.order import Column
from gridpact.feeder_report import feeder_day
from gridpact.plan import Plan
from market.fairness import figures
from market.surveillance.finding import Pattern
from memory import cases
from memory.books import settlements
from memory.cases import CaseRow
from memory.devices import readings
from memory.trading import clearings, contracts, prices
from review_ui.benefit import BenefitLine, BenefitPanel, Evenness
from review_ui.day import CaseLine, ContractCounts, DayReport, ExplainedTrade, MemoryEffect, SiteSaving, SlotColumns
from review_ui.surveillance import FindingLine
from review_ui.words import Words
from services.context import TradeContext
from services.figures.kpi import closed_days, savings_ujpy
from services.figures.watching import findings_of
from services.money.benefits import Benefits, benefits
from simulation.expert import LABEL

LABELS = (
    Words(
        "卸電力価格とインバランス価格はシードから作った架空のものです。",
        "Wholesale and imbalance prices are made up from the seed.",
    ),
    Words("専門家の判断は台本によるものです。", "Experts follow a script."),
    Words("氏名・事業者・登録番号は架空です。", "Names, firms and registration numbers are made up."),
)


def day_report(
    tx: Connection,
    ctx: TradeContext,
    plan: Plan,
    slots: list[int],
    results: dict[str, Any],
    explained: Sequence[ExplainedTrade],
) -> DayReport:
    """Everything the page shows, from the database and the run's own document of figures."""
    pack = ctx.rules.pack
    return DayReport(
        day=plan.first_day.isoformat(),
        days=plan.days,
        community=plan.community,
        area=ctx.area,
        sites=len(ctx.roster.ids),
        seed=plan.seed,
        rule_pack=f"{pack.id} {pack.version} {pack.digest[:12]}",
        demonstration=pack.demonstration,
        kpi={name: value for name, value in results["kpi"].items() if value is not None},
        slots=_columns(tx, ctx, slots),
        savings=_savings(tx, ctx, slots),
        cases=[_case_line(tx, case) for case in cases.all(tx)],
        contracts=_counts(tx, slots),
        stages_s=results["stages_s"],
        wall_s=results["wall_s"],
        attribution=results["attribution"],
        labels=LABELS if plan.experts == "scripted" else LABELS[:1] + LABELS[2:],
        memory=_memory(results["memory"]),
        explained=explained,
        findings=_findings(findings_of(tx, ctx, slots)),
        benefit=_benefit(ctx, benefits(tx, ctx, slots, plan.seed)),
        feeder=feeder_day(tx, ctx, slots, results),
    )


def _savings(tx: Connection, ctx: TradeContext, slots: list[int]) -> list[SiteSaving]:
    """What each site saved over the closed days; nothing is said of a day that has not closed."""
    days = closed_days(tx, ctx, slots)
    saved = savings_ujpy(days, ctx.roster.ids)
    sites = zip(ctx.roster.sites, saved.tolist(), strict=True)
    return [SiteSaving(site.id, site.kind, ujpy) for site, ujpy in sites] if days else []


def _columns(tx: Connection, ctx: TradeContext, slots: list[int]) -> SlotColumns:
    first, last = slots[0], slots[-1]
    flows = readings.history(tx, ctx.roster.ids, first, last)
    cleared = {each.slot: each.price_mjpy_per_kwh for each in clearings.between(tx, first, last)}
    sold = dict.fromkeys(slots, 0)
    for row in settlements.of_slots(tx, first, last):
        sold[row.slot] += row.sold_wh
    corridors = [ctx.rules.of(ctx.day_of(slot)).corridor for slot in slots]
    wholesale = prices.between(tx, first, last, "wholesale", ctx.area)
    return SlotColumns(
        labels=[ctx.time.label(slot) for slot in slots],
        load_wh=_total(flows["load_wh"]),
        pv_wh=_total(flows["generation_wh"]),
        traded_wh=[sold[slot] for slot in slots],
        import_wh=_total(flows["import_wh"]),
        export_wh=_total(flows["export_wh"]),
        price_mjpy_per_kwh=[cleared.get(slot) for slot in slots],
        floor_mjpy_per_kwh=[each.floor for each in corridors],
        cap_mjpy_per_kwh=[each.cap for each in corridors],
        wholesale_mjpy_per_kwh=[wholesale.get(slot) for slot in slots],
    )


def _total(column: Column) -> list[int]:
    totals: list[int] = np.maximum(column, 0).sum(axis=0).tolist()
    return totals


def _case_line(tx: Connection, case: CaseRow) -> CaseLine:
    decisions = cases.decisions(tx, case.id)
    reasons = "; ".join(each["text"] for each in case.findings), "；".join(each["text_ja"] for each in case.findings)
    return CaseLine(
        id=case.id,
        triggers=[each["trigger"] for each in case.findings],
        reason=Words(reasons[1], reasons[0]),
        state=str(case.state),
        decided_by=", ".join(each.person for each in decisions),
        verdict_reason=decisions[-1].reason if decisions else "",
        planted=case.planted is not None,
        scripted=any(each.reason.startswith(LABEL) for each in decisions),
    )


def _counts(tx: Connection, slots: list[int]) -> ContractCounts:
    made, filed = contracts.between(tx, slots[0], slots[-1]), cases.all(tx)
    asked = {case.contract_digest for case in filed}
    states = [each.state for each in made]
    return ContractCounts(
        drafted=len(made),
        standard=sum(each.standard for each in made),
        automatic=sum(each.digest not in asked and each.state is not ContractState.BLOCKED for each in made),
        escalated_natural=sum(case.planted is None for case in filed),
        escalated_planted=sum(case.planted is not None for case in filed),
        blocked=states.count(ContractState.BLOCKED),
        recorded=states.count(ContractState.RECORDED) + states.count(ContractState.SETTLED),
        settled=states.count(ContractState.SETTLED),
    )


def _findings(found: list[dict[str, Any]] | None) -> list[FindingLine] | None:
    if found is None:
        return None
    return [
        FindingLine(
            pattern=Pattern(each["pattern"]),
            day=each["day"],
            sites=each["sites"],
            slots=len(each["slots"]),
            value=each["value"],
            threshold=each["threshold"],
            text=Words(each["text_ja"], each["text"]),
        )
        for each in found
    ]


def _benefit(ctx: TradeContext, found: Benefits) -> BenefitPanel | None:
    """The three views side by side; None when nothing was gained."""
    told = {view: figures(shares) for view, shares in found._asdict().items()}
    if not told["got"]["welfare_ujpy"]:
        return None
    columns = (
        found.got.share_ujpy, found.by_energy.share_ujpy, found.brought.share_ujpy, found.brought.error_ujpy
    )  # fmt: skip
    return BenefitPanel(
        welfare_ujpy=told["got"]["welfare_ujpy"],
        lines=[
            BenefitLine(site, *row)
            for site, *row in zip(ctx.roster.ids, *(column.tolist() for column in columns), strict=True)
        ],
        evenness=[Evenness(view, each["gini_ppm"], each["jain_ppm"]) for view, each in told.items()],
        error_ujpy_max=told["brought"]["error_ujpy_max"],
    )


def _memory(memory: dict[str, Any]) -> list[MemoryEffect]:
    if not memory["slots_recalled"]:
        return []
    orders, changed = memory["orders"], memory["orders_changed"]
    name = Words("過去の日を思い出して変わった注文", "Orders that differ because past days were remembered")
    return [MemoryEffect(name, f"{changed} / {orders}", f"0 / {orders}")]
