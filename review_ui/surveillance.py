"""What surveillance found, as a panel of the report: each finding with its value beside the line, and all that was
looked for, so that nothing found is seen to be an answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.surveillance.finding import Pattern
from review_ui.words import Words


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding. sites: the ones it names. slots: how many. value, threshold: whole numbers in the unit of text."""

    pattern: Pattern
    day: str
    sites: Sequence[str]
    slots: int
    value: int
    threshold: int
    text: Words


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One rule and how often it found something."""

    name: str
    count: int


PANEL: Mapping[str, Words] = {
    "title": Words("市場監視", "Market surveillance"),
    "note": Words(
        "一日の締めのあと、取引・注文・計量を規則で調べます。所見は非難ではありません。未解消の所見がある地点の翌日の"
        "取引は、規則パックに従い人が判断します。",
        "Rules search trades, orders and meters once the day is closed. A finding accuses nobody; while one on conduct "
        "or meters is open, people are asked about that site's trades.",
    ),
    "nothing": Words("所見はありません。", "Nothing was found."),
    "not_closed": Words(
        "この日はまだ締められておらず、調べていません。", "The day is not closed and not yet searched."
    ),
    "value": Words("測定値", "Measured"),
    "threshold": Words("基準", "Line"),
    "sites": Words("地点", "Sites"),
    "slots": Words("{count} コマ", "{count} slots"),
    "pattern": Words("調べた型", "What was looked for"),
    "count": Words("件数", "Found"),
}
NAMES: Mapping[Pattern, Words] = {
    Pattern.WASH_TRADE: Words("仮装売買", "Wash trade"),
    Pattern.CIRCULAR_TRADE: Words("循環取引", "Circular trade"),
    Pattern.IDENTICAL_ORDERS: Words("同一注文の組", "Identical orders"),
    Pattern.SPOOFING: Words("見せ玉", "Spoofing"),
    Pattern.SOLD_CONCENTRATION: Words("販売の集中", "Concentrated sales"),
    Pattern.BOUGHT_CONCENTRATION: Words("購入の集中", "Concentrated purchases"),
    Pattern.EXPORT_ABOVE_NAMEPLATE: Words("定格超過の送電", "Export above nameplate"),
    Pattern.EXPORT_IN_THE_DARK: Words("日照のない送電", "Export in the dark"),
}


def view(found: Sequence[FindingLine] | None, language: str) -> dict[str, object]:
    """What the panel's template needs in one language. found: None while no day has been searched."""
    times = Counter(line.pattern for line in found or ())
    return {
        "t": {key: words.say(language) for key, words in PANEL.items()},
        "searched": found is not None,
        "findings": found or (),
        "names": {pattern: words.say(language) for pattern, words in NAMES.items()},
        "rules": [PatternLine(words.say(language), times[pattern]) for pattern, words in NAMES.items()],
    }
