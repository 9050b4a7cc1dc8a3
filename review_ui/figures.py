"""The key figures of a day: how each is called, what exactly it means, and which goal it is held to.

The names are those of the ``kpi`` object of ``gridpact demo --json``; the definitions are those of
``docs/architecture.md`` and stand beside each figure, so that nobody needs to guess what was divided by what.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from review_ui import formats
from review_ui.words import Words

Number = int | float | None


class Unit(StrEnum):
    """How a figure is written."""

    SHARE = "share"
    COUNT = "count"
    KWH = "kwh"
    KG = "kg"
    SECONDS = "s"
    JPY = "jpy"
    UJPY = "ujpy"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal and how it is met: at least, at most, or exactly."""

    relation: str
    value: Decimal

    def met(self, value: Decimal) -> bool:
        return {"≥": value >= self.value, "≤": value <= self.value, "=": value == self.value}[self.relation]


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure. ``goal`` is None where the figure only informs."""

    key: str
    unit: Unit
    name: Words
    meaning: Words
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure as the table shows it. ``met`` is None without a goal or without a value."""

    key: str
    name: str
    meaning: str
    value: str
    goal: str
    met: bool | None


def at_least(value: str) -> Goal:
    return Goal("≥", Decimal(value))


def at_most(value: str) -> Goal:
    return Goal("≤", Decimal(value))


def exactly(value: str) -> Goal:
    return Goal("=", Decimal(value))


FIGURES: tuple[Figure, ...] = (
    Figure(
        "matching_success",
        Unit.SHARE,
        Words("マッチング成功率", "Matching success"),
        Words(
            "約定した電力量 ÷ 計量値にもとづき後から最適に組み合わせた場合の電力量",
            "energy matched ÷ energy a hindsight optimum would match at the metered quantities",
        ),
        at_least("0.90"),
    ),
    Figure(
        "matched_over_offered",
        Unit.SHARE,
        Words("約定 ÷ 注文", "Matched over offered"),
        Words(
            "約定した電力量 ÷ 売り注文と買い注文のうち少ない側の電力量",
            "energy matched ÷ energy offered on the shorter side of the book",
        ),
    ),
    Figure(
        "welfare_ratio",
        Unit.SHARE,
        Words("社会的余剰(最適値比)", "Welfare against the optimum"),
        Words(
            "同じ注文を線形計画で解いた最適値に対する余剰の比",
            "surplus of the trades ÷ surplus of the linear program on the same orders",
        ),
        exactly("1"),
    ),
    Figure(
        "settlement_completion",
        Unit.SHARE,
        Words("精算完了率", "Settlement completion"),
        Words("期限までに暫定精算された取引 ÷ すべての取引", "trades provisionally settled in time ÷ all trades"),
        at_least("0.99"),
    ),
    Figure(
        "contract_automation",
        Unit.SHARE,
        Words("契約の自動化率", "Contract automation"),
        Words(
            "人手なしに成立した契約 ÷ すべての契約(標準契約かどうかは条項だけで先に決める)",
            "contracts concluded without a person ÷ all contracts (standard or not is decided from the terms first)",
        ),
        at_least("0.95"),
    ),
    Figure(
        "settlement_automation",
        Unit.SHARE,
        Words("精算の自動化率", "Settlement automation"),
        Words("人手なしに精算された取引 ÷ 精算された取引", "trades settled without a person ÷ trades settled"),
        at_least("0.98"),
    ),
    Figure(
        "escalated",
        Unit.COUNT,
        Words("専門家へ回付", "Escalated to experts"),
        Words(
            "人の判断を求めた契約の件数(演示用に仕込んだ案件を含む。内訳は下の表)",
            "contracts that asked for a person (planted ones included, told apart in the table below)",
        ),
    ),
    Figure(
        "self_sufficiency",
        Unit.SHARE,
        Words("自給率", "Self-sufficiency"),
        Words(
            "1 −(配電線が外から受けた電力量 ÷ 使用量)。物理的な値",
            "1 − (energy the feeder drew from outside ÷ energy used); physical",
        ),
    ),
    Figure(
        "self_sufficiency_without_trade",
        Unit.SHARE,
        Words("自給率(取引なし)", "Self-sufficiency without trading"),
        Words("同じ設備で取引をしない場合の自給率", "the same with the same devices and no trading"),
    ),
    Figure(
        "self_consumption",
        Unit.SHARE,
        Words("自家・地域消費率", "Self-consumption"),
        Words(
            "発電量のうち配電線の中で使われた割合",
            "share of the generation that was used inside the feeder",
        ),
    ),
    Figure(
        "feeder_import_kwh",
        Unit.KWH,
        Words("配電線の受電量", "Feeder import"),
        Words("配電線が外から受けた電力量", "energy the feeder drew from outside"),
    ),
    Figure(
        "co2_kg",
        Unit.KG,
        Words("CO₂ 排出量", "CO₂"),
        Words("受電量 × 電力会社の排出係数(想定値)", "feeder import × the utility's emission factor (assumed)"),
    ),
    Figure(
        "lines_full",
        Unit.COUNT,
        Words("満杯になった線(延べコマ)", "Lines full, branch-slots"),
        Words(
            "約定が線の上限に達した回数。1本が1コマで1回",
            "how often the trades cleared filled a branch to its limit, one for each branch and slot",
        ),
    ),
    Figure(
        "congestion_jpy",
        Unit.JPY,
        Words("混雑収入", "Congestion rent"),
        Words(
            "満杯の線をはさむ価格差から生じ、勘定 congestion に入った額(計量値で精算)",
            "what full lines earned by parting prices: balance of the account congestion, on metered energy",
        ),
    ),
    Figure(
        "wishes",
        Unit.COUNT,
        Words("希望のある買い注文", "Bids with a wish"),
        Words("約定した買い注文のうち、相手や電源の希望があるもの", "bids that bought and whose member has a wish"),
    ),
    Figure(
        "wishes_met",
        Unit.COUNT,
        Words("かなった希望", "Wishes met"),
        Words("そのうち、希望どおりの相手と約定したもの", "of these brought to a seller they wished for"),
    ),
    Figure(
        "premium_jpy",
        Unit.JPY,
        Words("上乗せ額", "Premiums for wishes"),
        Words(
            "希望がかなった取引で買い手が売り手に払った額(計量値で精算)", "paid by buyers to sellers, on metered energy"
        ),
    ),
    Figure(
        "vehicles",
        Unit.COUNT,
        Words("電気自動車", "Electric vehicles"),
        Words("家の充電器につなぐ車の台数(演示では作り物)", "at home chargers (made up in the demonstration)"),
    ),
    Figure(
        "departures",
        Unit.COUNT,
        Words("出発", "Departures"),
        Words("電気自動車が家を出た回数", "how often a vehicle left home"),
    ),
    Figure(
        "departures_met",
        Unit.COUNT,
        Words("希望どおりの出発", "Departures as asked"),
        Words(
            "そのうち、持ち主が求めた量を蓄えていた回数。全件であること",
            "of these with the content that the owner asks for; must be all of them",
        ),
    ),
    Figure(
        "shifted_kwh",
        Unit.KWH,
        Words("ずらした充電", "Charging shifted"),
        Words(
            "帰宅後すぐに充電する習慣とは別の時刻に、または翌日に回した電力量",
            "charged at another time than from arrival on, which is the habit, or left for the next day",
        ),
    ),
    Figure(
        "grid_violations",
        Unit.COUNT,
        Words("系統の違反", "Grid violations"),
        Words(
            "計量された電力量での交流潮流による、線の定格と電圧の範囲の違反の件数",
            "overloads and voltages out of band in an AC power flow of the metered energy of all slots",
        ),
        exactly("0"),
    ),
    Figure(
        "matching_s_max",
        Unit.SECONDS,
        Words("マッチング時間(最長)", "Matching, worst slot"),
        Words(
            "1コマの約定計算にかかった最長の時間(コミットを除く)",
            "longest time to clear one slot, database commits apart",
        ),
    ),
    Figure(
        "contract_s_max",
        Unit.SECONDS,
        Words("契約時間(最長)", "Contracts, worst slot"),
        Words(
            "1コマの契約と審査にかかった最長の時間(コミットを除く)",
            "longest time to draw up and screen one slot's contracts, database commits apart",
        ),
    ),
    Figure(
        "settlement_s_max",
        Unit.SECONDS,
        Words("精算時間(最長)", "Settlement, worst slot"),
        Words(
            "1コマの精算にかかった最長の時間(コミットを除く)", "longest time to settle one slot, database commits apart"
        ),
    ),
    Figure(
        "saving_jpy_total",
        Unit.JPY,
        Words("参加者の節約合計", "Savings of all participants"),
        Words(
            "各自が同じ蓄電池と終了時残量のまま、電力会社の料金(自分の限界段階)と買取だけを使った場合との差の合計",
            "against each participant on the utility's tariff (own marginal tier) and buy-back, "
            "with the same battery and end charge",
        ),
    ),
    Figure(
        "saving_jpy_worst",
        Unit.JPY,
        Words("最も不利な参加者", "Worst-off participant"),
        Words("同じ比較で最も少なかった参加者", "the smallest saving by the same comparison"),
        at_least("0"),
    ),
    Figure(
        "saving_gini",
        Unit.RATIO,
        Words("節約のジニ係数", "Gini index of the savings"),
        Words("0 は全員が同じだけ節約した場合", "0 when all participants save alike"),
    ),
    Figure(
        "saving_jain",
        Unit.RATIO,
        Words("節約のジェイン指数", "Jain's index of the savings"),
        Words("1 は全員が同じだけ節約した場合", "1 when all participants save alike"),
    ),
    Figure(
        "surveillance_findings",
        Unit.COUNT,
        Words("市場監視の所見", "Surveillance findings"),
        Words("締めた日について規則が見つけた型の件数", "patterns that rules found on the closed days"),
    ),
    Figure(
        "forecast_pinball_ratio",
        Unit.RATIO,
        Words("予測誤差(基準比)", "Forecast error against the baseline"),
        Words(
            "P10・P50・P90 のピンボール損失 ÷ 直近14日・前後1コマの分位数による基準の損失(異なるプロファイルごと)",
            "pinball loss of P10, P50, P90 ÷ that of 14-day, 3-slot quantiles, over distinct profiles",
        ),
        at_most("0.98"),
    ),
    Figure(
        "ledger_sum_ujpy",
        Unit.UJPY,
        Words("元帳の合計", "Sum of the ledger"),
        Words("すべての勘定の残高の合計。必ず 0", "balances of all accounts added up; always 0"),
        exactly("0"),
    ),
    Figure(
        "chain_records",
        Unit.COUNT,
        Words("チェーン記録", "Chain records"),
        Words("ブロックチェーンに記録したルートと承認の数", "roots and approvals recorded on the chain"),
    ),
    Figure(
        "chain_records_verified",
        Unit.COUNT,
        Words("検証できたチェーン記録", "Chain records verified"),
        Words("読み戻して証明を検証できた数。全件であること", "read back and proved; must be all of them"),
    ),
)

ALL_OF: Mapping[str, str] = {"chain_records_verified": "chain_records", "departures_met": "departures"}
"""Figures that count the good ones among another's, and are to be all of them."""

WRITERS: Mapping[Unit, Callable[[Decimal, str], str]] = {
    Unit.SHARE: lambda value, _: formats.share(value),
    Unit.COUNT: lambda value, _: f"{value:,.0f}",
    Unit.KWH: lambda value, _: f"{value:,.1f} kWh",
    Unit.KG: lambda value, _: f"{value:,.1f} kg",
    Unit.SECONDS: lambda value, _: formats.seconds(value),
    Unit.JPY: lambda value, language: formats.yen(value, language, 1),
    Unit.UJPY: lambda value, _: f"{value:,.0f} µJPY",
    Unit.RATIO: lambda value, _: f"{value:.3f}",
}


def lines(kpi: Mapping[str, Number], language: str) -> list[FigureLine]:
    """Every known figure in the order of the table; a figure that was not measured shows a dash."""
    return [line(figure, kpi, language) for figure in FIGURES]


def line(figure: Figure, kpi: Mapping[str, Number], language: str) -> FigureLine:
    """One figure written out. Where the goal is all of another figure, it depends on the day."""
    raw, write, goal = kpi.get(figure.key), WRITERS[figure.unit], _goal(figure, kpi)
    value = None if raw is None else Decimal(str(raw))
    return FigureLine(
        key=figure.key,
        name=figure.name.say(language),
        meaning=figure.meaning.say(language),
        value=formats.MISSING if value is None else write(value, language),
        goal="" if goal is None else f"{goal.relation} {write(goal.value, language)}",
        met=None if goal is None or value is None else goal.met(value),
    )


def _goal(figure: Figure, kpi: Mapping[str, Number]) -> Goal | None:
    whole = kpi.get(ALL_OF.get(figure.key, ""))
    return figure.goal if whole is None else exactly(str(whole))
