"""What the grid check found and which orders it cost: kept without words, and worded where people read it.

A record of a finding names the branch or the node, the value and what is allowed; a record of a cut also holds how much
each order lost. Neither knows a language, so a reader of either gets the same facts.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from domain.feeder import Feeder
from domain.order import Order
from domain.quantity import PERMILLE
from market.grid.ac_check import Finding, Violation
from market.grid.relief import Cut

Record = dict[str, Any]
VIOLATION_ALARM = "grid.violation"

_WORDS = {
    Violation.OVERLOAD: ("{at}が定格の{value}に達する見込みです", "{at} would run at {value} of its rating"),
    Violation.LOW_VOLTAGE: ("{at}の電圧が{value}に下がる見込みです", "the voltage at {at} would fall to {value}"),
    Violation.HIGH_VOLTAGE: ("{at}の電圧が{value}に上がる見込みです", "the voltage at {at} would rise to {value}"),
}
_CUT = ("蓄電池の注文{count}件を減らしました: ", "battery orders that were cut: {count}; ")


def finding_record(feeder: Feeder, finding: Finding) -> Record:
    """A finding as it is kept. at: the name of the branch that is overloaded, or of the node."""
    names = feeder.branch_names if finding.violation is Violation.OVERLOAD else feeder.names
    return {
        "violation": finding.violation.name.lower(),
        "at": names[finding.node],
        "value_permille": finding.value_permille,
        "allowed_permille": finding.allowed_permille,
    }


def cut_record(feeder: Feeder, cut: Cut, order_ids: Sequence[str]) -> Record:
    """The finding and what each order lost to it, Wh; orders that lost nothing are left out."""
    lost = {name: lost_wh for name, lost_wh in zip(order_ids, cut.cut_wh.tolist(), strict=True) if lost_wh}
    return finding_record(feeder, cut.finding) | {"cut_wh": lost}


def finding_words(record: Record, language: str) -> str:
    """In ``ja`` or ``en``, in percent of the rating or of the nominal voltage."""
    whole, tenth = divmod(record["value_permille"], PERMILLE // 100)
    words = _WORDS[Violation[record["violation"].upper()]][("ja", "en").index(language)]
    return words.format(at=record["at"], value=f"{whole}.{tenth} %")


def cut_words(record: Record, language: str) -> str:
    """How many orders a finding cut, and the finding, in ``ja`` or ``en``."""
    words = _CUT[("ja", "en").index(language)]
    return words.format(count=len(record["cut_wh"])) + finding_words(record, language)


def lost_wh(cuts: Sequence[Record]) -> Counter[str]:
    """What each order lost in all, by order id."""
    lost: Counter[str] = Counter()
    for cut in cuts:
        lost.update(cut["cut_wh"])
    return lost


def cut_facts(cuts: Sequence[Record], own: Sequence[Order]) -> dict[str, Any]:
    """What a member's battery order was cut from and to, and the finding that took most of it; empty when none was."""
    lost = lost_wh(cuts)
    order = next((order for order in own if lost[order.id]), None)
    if order is None:
        return {}
    why = max(cuts, key=lambda cut: int(cut["cut_wh"].get(order.id, 0)))
    return {
        "cut_from_wh": order.energy_wh,
        "cut_to_wh": order.energy_wh - lost[order.id],
        f"{why['violation']}_at": why["at"],
        "cut_at_permille": why["value_permille"],
    }
