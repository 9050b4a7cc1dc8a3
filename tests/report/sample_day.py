"""A day of 48 slots made from plain arithmetic, so that every chart has something to show."""

import math

from review_ui.day import CaseLine, ContractCounts, DayReport, ExplainedTrade, MemoryEffect, SiteSaving, SlotColumns
from review_ui.words import Words

KPI = {
    "matching_success": 0.9312,
    "matched_over_offered": 0.887,
    "continuous_trades": 12,
    "continuous_kwh": 0.7,
    "welfare_ratio": 1.0,
    "settlement_completion": 1.0,
    "contract_automation": 0.9871,
    "settlement_automation": 0.9999999,
    "escalated": 11,
    "self_sufficiency": 0.412,
    "self_sufficiency_without_trade": 0.371,
    "self_consumption": 0.902,
    "feeder_import_kwh": 612.4,
    "co2_kg": 259.7,
    "matching_s_max": 0.0123,
    "contract_s_max": 0.31,
    "settlement_s_max": 0.22,
    "saving_jpy_total": 4312.25,
    "saving_jpy_worst": 0.0,
    "saving_gini": 0.412,
    "saving_jain": 0.631,
    "surveillance_findings": 1,
    "forecast_pinball_ratio": 0.991,
    "ledger_sum_ujpy": 0,
    "chain_records": 57,
    "chain_records_verified": 57,
}


def columns(days: int = 1) -> SlotColumns:
    hours = [slot / 2 for slot in range(48)] * days
    pv = [max(0, int(42_000 * math.cos((hour - 12) / 12 * math.pi) - 4_000)) for hour in hours]
    load = [
        int(17_000 + 6_000 * math.sin((hour - 5) / 4) + 13_000 * math.exp(-((hour - 19) ** 2) / 6)) for hour in hours
    ]
    export = [sun * 3 // 5 for sun in pv]
    imported = [max(used - (sun - given), used // 3) for used, sun, given in zip(load, pv, export, strict=True)]
    traded = [min(given, drawn) * 9 // 10 for given, drawn in zip(export, imported, strict=True)]
    price = [(13_000 + 260 * abs(slot % 48 - 25)) if traded[slot] else None for slot in range(48 * days)]
    return SlotColumns(
        labels=[f"2026-05-{20 + slot // 48:02} {slot % 48 // 2:02}:{slot % 2 * 30:02}" for slot in range(48 * days)],
        load_wh=load,
        pv_wh=pv,
        traded_wh=traded,
        import_wh=imported,
        export_wh=export,
        price_mjpy_per_kwh=price,
        floor_mjpy_per_kwh=[8_500] * 48 * days,
        cap_mjpy_per_kwh=[21_660] * 48 * days,
        wholesale_mjpy_per_kwh=[int(13_000 + 7_000 * math.sin((hour - 13) / 4)) for hour in hours],
    )


def cases() -> list[CaseLine]:
    return [
        CaseLine(
            "C-2026-0001", ("E01",), Words("契約額 420,000円 が基準を超える", "Value ¥420,000 is above the limit"),
            "approved", "田中(財務)", "市場価格と整合", planted=True, scripted=True,
        ),
        CaseLine(
            "C-2026-0002", ("E10", "E05"), Words("登録が12日前に失効", "Registration expired 12 days ago"),
            "rejected", "佐藤(法務)", "更新後に再提出", planted=True, scripted=True,
        ),
        CaseLine("C-2026-0003", ("E14",), Words("規則値の期限外", "Beyond a rule value's validity"), "open"),
        CaseLine("C-2026-0004", ("E07",), Words("<b>V2G</b> 初めての機器", "V2G, first of its kind"), "expired"),
    ]  # fmt: skip


def sample(days: int = 1) -> DayReport:
    return DayReport(
        day="2026-05-20",
        days=days,
        community="SimBench 1-LV-rural3--2-sw",
        area="tokyo",
        sites=118,
        seed=7,
        rule_pack="jp_demo 2026.1 · 3f9ac21b",
        demonstration=True,
        kpi=KPI,
        slots=columns(days),
        savings=[SiteSaving(f"S{n:03}", "home", (n * 7_919_000) % 140_000_000 - 2_000_000) for n in range(1, 119)],
        cases=cases(),
        contracts=ContractCounts(842, 831, 831, 1, 10, 0, 838, 836),
        stages_s={
            "read": 4.1,
            "forecast": 9.7,
            "bid": 6.2,
            "clear": 0.4,
            "contract": 3.3,
            "record": 1.9,
            "settle": 5.0,
        },
        wall_s=48.3,
        attribution="Profiles: SimBench (ODbL 1.0), University of Kassel and others, www.simbench.net",
        labels=[
            Words("卸価格と不均衡料金は種 7 から作った想定値", "Wholesale and imbalance prices are simulated, seed 7")
        ],
        memory=[MemoryEffect(Words("約定量", "Energy traded"), "131.0 kWh", "124.2 kWh")],
        explained=[
            ExplainedTrade(
                "S005",
                "2026-05-20 13:00",
                Words(
                    "【定型文】 なぜこの価格か:\n価格は15.25円/kWhです。",
                    "[template] Why this price:\nThe price is <15.25>.",
                ),
                Words("template", "template"),
            )
        ],
    )
