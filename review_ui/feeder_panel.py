"""The feeder's panel in one language: its drawing, its texts, and the reasons in words."""

from functools import partial
from typing import Any

from review_ui.feeder_day import EXPORTS, FeederDay, FullBranch
from review_ui.feeder_map import draw_feeder, traded
from review_ui.feeder_words import FEEDER


def panel(day: FeederDay, language: str) -> dict[str, Any]:
    """What the template needs. map: None when there are no wires to draw."""
    return {
        "day": day,
        "w": {key: words.say(language) for key, words in FEEDER.items()},
        "map": draw_feeder(day, language) if len(day.parent) > 1 else None,
        "traded": partial(traded, language=language),
        "why": partial(why, language=language),
    }


def why(line: FullBranch, language: str) -> str:
    """What a full branch did to the price behind it."""
    if not line.rent_ujpy:
        reason = "why_same"
    else:
        reason = "why_exports" if line.state == EXPORTS else "why_imports"
    return FEEDER[reason].say(language).format(branch=line.branch)
