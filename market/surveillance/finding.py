"""What surveillance finds: a pattern, who and when, the measured value beside its threshold, and words for people.

A finding accuses nobody. It says which rule looked, what it measured and where the line was drawn, so that a policy
can act on it and a person can check it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Pattern(StrEnum):
    """What surveillance looks for; the value is the rule's id."""

    WASH_TRADE = "wash_trade"
    CIRCULAR_TRADE = "circular_trade"
    IDENTICAL_ORDERS = "identical_orders"
    SPOOFING = "spoofing"
    SOLD_CONCENTRATION = "sold_concentration"
    BOUGHT_CONCENTRATION = "bought_concentration"
    EXPORT_ABOVE_NAMEPLATE = "export_above_nameplate"
    EXPORT_IN_THE_DARK = "export_in_the_dark"


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern found. parties, sites: positions in the community's lists, sorted; the ones the pattern is about.

    slots: when, sorted. value, threshold: in the unit of the words; a finding has a value at its threshold or beyond.
    """

    pattern: Pattern
    parties: tuple[int, ...]
    sites: tuple[int, ...]
    slots: tuple[int, ...]
    value: int
    threshold: int

    @property
    def text_en(self) -> str:
        """What was found, in English."""
        return self._words(WORDS[self.pattern][0])

    @property
    def text_ja(self) -> str:
        """What was found, in Japanese."""
        return self._words(WORDS[self.pattern][1])

    def _words(self, template: str) -> str:
        return template.format(count=len(self.parties), slots=len(self.slots), value=self.value, limit=self.threshold)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the lines are drawn. Shares in permille, energies in Wh.

    wash_min_wh: a trade with oneself counts from here.
    circle_parties_max: the longest circle looked for. circle_min_wh, circle_spread_permille: each leg of a circle has
    at least this energy, and energies and mean prices of its legs lie within this share of the largest.
    ring_parties_min, ring_slots_min: so many owners whose orders agree in side, limit and energy in so many slots.
    spoof_size_permille: a cancelled order is large from this multiple of the slot's median order on.
    spoof_filled_permille: and is unexecuted up to this share. spoof_ratio_permille: cancelled energy over what was
    traded on the other side meanwhile.
    concentration_max: the Herfindahl-Hirschman index; 10,000 is a monopoly, 2,500 the usual line of a highly
    concentrated market. concentration_min_wh: less volume than this is not judged.
    export_permille: metered export over what the plant can give. dark_min_wh: export in a dark slot from here on,
    above what meters lose.
    """

    wash_min_wh: int = 1
    circle_parties_max: int = 4
    circle_min_wh: int = 100
    circle_spread_permille: int = 50
    ring_parties_min: int = 3
    ring_slots_min: int = 4
    spoof_size_permille: int = 3_000
    spoof_filled_permille: int = 100
    spoof_ratio_permille: int = 2_000
    concentration_max: int = 2_500
    concentration_min_wh: int = 10_000
    export_permille: int = 1_050
    dark_min_wh: int = 20


WORDS: dict[Pattern, tuple[str, str]] = {
    Pattern.WASH_TRADE: (
        "One owner bought {value} Wh from itself (looked at from {limit} Wh on).",
        "同一の所有者が自分自身から {value} Wh を購入しました（基準 {limit} Wh 以上）。",
    ),
    Pattern.CIRCULAR_TRADE: (
        "{count} owners sold about {value} Wh round in a circle, each leg alike in energy and price (looked at from "
        "{limit} Wh on).",
        "{count} 者の間で約 {value} Wh が、ほぼ同量・同価格で循環して取引されました（基準 {limit} Wh 以上）。",
    ),
    Pattern.IDENTICAL_ORDERS: (
        "{count} owners placed orders of the same side, limit and energy in {value} slots (looked at from {limit} on).",
        "{count} 者が {value} コマで、売買区分・指値・数量の同じ注文を出しました（基準 {limit} コマ以上）。",
    ),
    Pattern.SPOOFING: (
        "Large orders were cancelled unexecuted while their owner traded on the other side: {value} permille of what "
        "it traded (looked at from {limit} on).",
        "反対側で取引しながら大口注文を約定前に取り消しました。取消量は取引量の {value} ‰です（基準 {limit} ‰以上）。",
    ),
    Pattern.SOLD_CONCENTRATION: (
        "Sold energy is concentrated: index {value} of 10,000 (looked at from {limit} on).",
        "販売量が集中しています。集中度指数は 10,000 中 {value} です（基準 {limit} 以上）。",
    ),
    Pattern.BOUGHT_CONCENTRATION: (
        "Bought energy is concentrated: index {value} of 10,000 (looked at from {limit} on).",
        "購入量が集中しています。集中度指数は 10,000 中 {value} です（基準 {limit} 以上）。",
    ),
    Pattern.EXPORT_ABOVE_NAMEPLATE: (
        "A site gave {value} Wh in a slot, more than its plant can ({limit} Wh); {slots} slots.",
        "設備の定格（{limit} Wh）を超える {value} Wh がコマ内に送電されました（{slots} コマ）。",
    ),
    Pattern.EXPORT_IN_THE_DARK: (
        "A site without storage gave {value} Wh in a dark slot (looked at from {limit} Wh on); {slots} slots.",
        "蓄電設備のない地点から、日照のないコマに {value} Wh が送電されました（基準 {limit} Wh 以上、{slots} コマ）。",
    ),
}
