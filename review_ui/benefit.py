"""Who brings the gain of the auctions and who gets it, as a panel of the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.quantity import UJPY_PER_JPY
from review_ui import charts, formats
from review_ui.charts import Chart
from review_ui.words import Words


@dataclass(frozen=True, slots=True)
class BenefitLine:
    """One site's parts of the auctions' gain, uJPY. error: twice the standard error of ``brought``, zero when exact."""

    site_id: str
    got_ujpy: int
    by_energy_ujpy: int
    brought_ujpy: int
    error_ujpy: int


@dataclass(frozen=True, slots=True)
class Evenness:
    """How evenly one view shares the gain: its key, and both indices in parts per million."""

    key: str
    gini_ppm: int
    jain_ppm: int


@dataclass(frozen=True, slots=True)
class BenefitPanel:
    """The gain of a run and its three views. error_ujpy_max: the largest stated error of a line."""

    welfare_ujpy: int
    lines: Sequence[BenefitLine]
    evenness: Sequence[Evenness]
    error_ujpy_max: int


SEN_UJPY = UJPY_PER_JPY // 100
PANEL: Mapping[str, Words] = {
    "title": Words("誰が利益を生み、誰が受け取るか", "Who brings the gain, and who gets it"),
    "note": Words(
        "板寄せで生まれた利益の合計 {welfare}。「生んだ分」は、その地点が加わると増える利益の平均(シャープレイ値)。"
        "注文者が12を超えるコマでは乱数の種による標本から求めます。誤差は標準誤差の2倍で最大 {error}。",
        "The auctions gained {welfare} in all. Brought is what a site adds to those before it, on the mean over all "
        "orders of arrival (Shapley value), sampled with the run's seed in slots with more than 12 parties: twice the "
        "standard error is {error} at most.",
    ),
    "brought": Words("生んだ分", "Brought"),
    "got": Words("約定価格で受け取った分", "Got at the price"),
    "by_energy": Words("取引量で分けた場合", "By traded energy"),
    "error": Words("誤差(±)", "Error (±)"),
    "site": Words("地点", "Site"),
    "view": Words("分け方", "Shared"),
    "gini": Words("ジニ係数", "Gini"),
    "jain": Words("ジェイン指数", "Jain"),
    "table": Words("表で見る", "Show as a table"),
}


def view(panel: BenefitPanel, language: str) -> dict[str, object]:
    """What the panel's template needs in one language."""
    texts = {key: words.say(language) for key, words in PANEL.items()}
    told = (replace(line, error_ujpy=_up(line.error_ujpy)) for line in panel.lines)
    lines = sorted(told, key=lambda line: (-line.brought_ujpy, line.site_id))
    welfare, error = formats.money(panel.welfare_ujpy, language), formats.money(_up(panel.error_ujpy_max), language, 2)
    return {
        "t": texts | {"note": texts["note"].format(welfare=welfare, error=error)},
        "lines": lines,
        "chart": drawing(lines, texts, language),
        "evenness": [
            (texts[each.key], *(f"{ppm // 1_000 / 1_000:.3f}" for ppm in (each.gini_ppm, each.jain_ppm)))
            for each in panel.evenness
        ],
    }


def drawing(lines: Sequence[BenefitLine], texts: Mapping[str, str], language: str) -> Chart:
    """Two bars a site, what it brought and what it got, in the given order."""
    pairs = [(max(line.brought_ujpy, 0), max(line.got_ujpy, 0)) for line in lines]
    scale, ticks = charts.axis(0, max((max(pair) for pair in pairs), default=1) or 1, UJPY_PER_JPY)
    brought = [part for pair in pairs for part in (pair[0], 0, 0)]
    got = [part for pair in pairs for part in (0, pair[1], 0)]
    return Chart(
        bars=tuple(charts.stacked([("brought", brought), ("got", got)], scale)),
        lines=(),
        x_ticks=(),
        y_ticks=ticks,
        zero=scale.y(0),
        hints=tuple(_hint(line, texts, language) for line in lines),
    )


def _up(error_ujpy: int) -> int:
    """The next hundredth of a yen: an error is never told smaller than it is."""
    return -(-error_ujpy // SEN_UJPY) * SEN_UJPY


def _hint(line: BenefitLine, texts: Mapping[str, str], language: str) -> str:
    brought, got = (formats.money(ujpy, language) for ujpy in (line.brought_ujpy, line.got_ujpy))
    return f"{line.site_id}\n{texts['brought']} {brought}\n{texts['got']} {got}"
