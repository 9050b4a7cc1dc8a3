"""Free text in a contract, held against its terms: every number, date, time and party in it, or it is refused.

A model may word the free clause and the summary, and a party may add a note; neither may say a figure that the terms
do not have. A number counts with its unit, so ``5 JPY/kWh`` is not covered by a tenor of 5 months. Parties are called
by their roles or by their names as the terms have them. What is found is listed; an empty list lets the text pass.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from contracts.paper.field import Values, fields
from contracts.paper.kind import KINDS, REIWA_FIRST_YEAR

TEXT_LENGTH_MAX = 1_200
UNIT_OF = {
    "energy_wh": "Wh", "power_w": "W", "price_mjpy_per_kwh": "mJPY/kWh", "money_ujpy": "uJPY", "minutes": "minute",
    "days": "day", "months": "month", "years": "year", "share_permille": "permille",
}  # fmt: skip
WRITTEN_UNITS: tuple[tuple[str, str, int], ...] = (
    (r"円 ?/ ?kWh|JPY ?/ ?kWh|yen (?:per|a) kWh|JPY (?:per|a) kWh", "mJPY/kWh", 1_000),
    (r"mJPY ?/ ?kWh|mJPY (?:per|for each) kWh", "mJPY/kWh", 1),
    (r"MWh", "Wh", 1_000_000), (r"kWh", "Wh", 1_000), (r"Wh", "Wh", 1), (r"kW", "W", 1_000), (r"W", "W", 1),
    (r"円|JPY|yen", "uJPY", 1_000_000), (r"%|パーセント|per ?cent", "permille", 10), (r"‰|permille", "permille", 1),
    (r"分|minutes?", "minute", 1), (r"日間?|days?", "day", 1), (r"[かヶケ]月間?|months?", "month", 1),
    (r"年間?|years?", "year", 1),
)  # fmt: skip
AMOUNT = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?) ?(?P<unit>"
    + "|".join(pattern for pattern, _, _ in WRITTEN_UNITS)
    + r"|[a-zA-Zぁ-んァ-ヶ一-龠%‰]*)"
)
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DATES = (
    r"令和(?P<era>\d+|元)年(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
    r"(?P<year>\d{4})[-/年](?P<month>\d{1,2})[-/月](?P<day>\d{1,2})日?",
    rf"(?P<day>\d{{1,2}}) (?P<name>{'|'.join(MONTHS)}) (?P<year>\d{{4}})",
)
TIME = re.compile(r"(?P<hour>\d{1,2})(?::|時)(?P<minute>\d{2})分?|(?P<full>\d{1,2})時")
WORDED = re.compile(
    r"[〇一二三四五六七八九十百千万億]+ ?(?=円|%|割|倍|か月|ヶ月|年|日|分|kW|Wh|キロ|パーセント)|\d\s*[十百千万億兆]"
    r"|(?i:\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundred|thousand|million|half|double|twice|triple|free of charge)\b)|無料|無償|半額|倍額"
)
FOREIGN = re.compile(r"https?:|www\.|\]\(|</?[a-z!]|[\w.]+@[\w.]+|#\w+\(|\{[a-z_.]+\}", re.IGNORECASE)
NAMED = re.compile(
    r"(?:株式会社|有限会社|合同会社)[^\s、。はがをにとの]{1,20}|[^\s、。はがをにとの]{1,20}(?:株式会社|有限会社|合同会社|組合|様|氏|さん|殿)"
    r"|\b(?:Mr|Mrs|Ms|Dr)\.? [A-Z]\w+|\b[A-Z]\w+(?: [A-Z]\w+)* (?:Inc|Ltd|LLC|Corp|Co|KK|GmbH)\b|\b[A-Z]{1,3}-?\d{2,}\b"
)
CAPITALISED = re.compile(r"(?<![.!?] )(?<!^)(?<!\n)\b[A-Z][a-z]+\b")
KNOWN_CAPITALS = frozenset({*MONTHS, "Wh", "Article", "Articles", "Japan", "Japanese", "English"})


class Origin(StrEnum):
    """Where free text came from. Whatever came from a party or a model is data, never an instruction."""

    TEMPLATE = "template"
    MODEL = "model"
    PARTY = "party"


@dataclass(frozen=True, slots=True)
class FreeText:
    """Free text with its label of origin, by language."""

    ja: str
    en: str
    origin: Origin

    def said(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


def differences(text: str, values: Values, others: Collection[str] = ()) -> list[str]:
    """What a text says and the terms do not: ``number 31 day``, ``party 田中様``; empty when it may stand.

    others: names of people and sites that are no side of the contract; naming one is a difference.
    """
    folded = unicodedata.normalize("NFKC", text)
    found = [f"length {len(text)}"] if len(text) > TEXT_LENGTH_MAX else []
    found += [f"character U+{ord(char):04X}" for char in text if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn"}]
    found += [f"markup {match}" for match in FOREIGN.findall(folded)]
    rest = folded
    for name in sorted(_names(values), key=len, reverse=True):
        rest = rest.replace(name, "□")
    found += [f"party {match.group()}" for match in NAMED.finditer(rest)]
    found += [f"party {name}" for name in others if unicodedata.normalize("NFKC", name) in rest]
    found += [f"party {word}" for word in CAPITALISED.findall(rest) if word not in KNOWN_CAPITALS]
    return found + list(_figures(rest, values))


def _figures(text: str, values: Values) -> Iterator[str]:
    """Dates, times and amounts in turn; each is taken out, so that no digit is judged twice."""
    days, clock, amounts = _days(values), _times(values), _amounts(values)
    for pattern in DATES:
        for match in re.finditer(pattern, text):
            if (day := _day(match.groupdict())) not in days:
                yield f"date {day}"
        text = re.sub(pattern, "□", text)
    for match in TIME.finditer(text):
        hour, minute = int(match["hour"] or match["full"]), int(match["minute"] or 0)
        if f"{hour:02}:{minute:02}" not in clock:
            yield f"time {match.group()}"
    text = TIME.sub("□", text)
    for match in AMOUNT.finditer(text):
        if _amount(match) not in amounts:
            yield f"number {match.group().strip()}"
    yield from (f"number in words {match.group()}" for match in WORDED.finditer(text))


def _amount(match: "re.Match[str]") -> tuple[Decimal, str]:
    number = Decimal(match["number"].replace(",", ""))
    for pattern, unit, factor in WRITTEN_UNITS:
        if re.fullmatch(pattern, match["unit"]):
            return number * factor, unit
    return number, match["unit"]


def _amounts(values: Values) -> set[tuple[Decimal, str]]:
    """Every quantity of the terms in its smallest unit. One kWh is what each price is for."""
    known = {
        (Decimal(value), UNIT_OF[fields()[key].kind])
        for key, value in values.items()
        if type(value) is int and fields()[key].kind in UNIT_OF
    }
    return known | {(Decimal(1_000), "Wh")}


def _days(values: Values) -> set[str]:
    return {str(value)[:10] for key, value in values.items() if fields()[key].kind in {"date", "moment"}}


def _times(values: Values) -> set[str]:
    found = {str(value)[11:] for key, value in values.items() if fields()[key].kind == "moment"}
    return found.union(*(value for value in values.values() if isinstance(value, list)))


def _names(values: Values) -> set[str]:
    texts = [str(value) for key, value in values.items() if not KINDS[fields()[key].kind].units]
    return {unicodedata.normalize("NFKC", text) for text in texts if len(text) > 1}


def _day(said: dict[str, str | None]) -> str:
    era, name = said.get("era"), said.get("name")
    year = REIWA_FIRST_YEAR - 1 + (1 if era == "元" else int(era)) if era else int(said.get("year") or 0)
    month = MONTHS.index(name) + 1 if name else int(said.get("month") or 0)
    return f"{year:04}-{month:02}-{int(said.get('day') or 0):02}"
