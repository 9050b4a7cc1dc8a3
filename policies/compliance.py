"""The compliance checks of a jurisdiction, answered from facts that somebody knows.

A check that rests on a fact which nobody has shown is unknown: it is never taken for met. Trading stops by the trigger
that a check names; the list itself is for the people who answer for the market.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from policies.articles import Article, Section
from policies.pack import RulePack


class Shown(StrEnum):
    """How a check stands."""

    MET = "met"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a pack and how it stands."""

    article: Article
    shown: Shown


def examine(pack: RulePack, known: Mapping[str, bool]) -> list[Check]:
    """Every check of the pack, in its order. known: by fact, whether it holds; what is absent nobody has shown."""
    return [Check(each, _shown(known.get(each.says["fact"]))) for each in pack.articles[Section.CHECKS].values()]


def _shown(holds: bool | None) -> Shown:
    return Shown.UNKNOWN if holds is None else Shown.MET if holds else Shown.BROKEN
