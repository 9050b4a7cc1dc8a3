"""Facts that a deal brings to be judged which the market does not know by itself.

They come from outside and are data: what is no fact of that name and kind, or a word that the rules do not know, counts
as not brought, so that the rule's default for the unknown holds and one deal never stops the judging of others.
"""

from collections.abc import Mapping
from typing import Any

from policies.pack import RulePack

AMOUNTS = (
    "grid_loading_ppm", "dispute_ujpy", "anomaly_ppm", "confidence_ppm", "correction_ujpy", "correction_ppm",
    "imbalance_ujpy",
)  # fmt: skip
FLAGS = ("modelled", "corrects", "cash_settled", "unfiled", "high_voltage")
WORDS = {"dispute": "E11", "consumer_flag": "E16", "payment_rail": "E17", "disclosure": "E21"}
"""The trigger whose words each of these speaks."""

AMOUNT_MAX = 10**15


def brought_facts(body: Mapping[str, Any], pack: RulePack) -> dict[str, Any]:
    """The facts of a proposal's body as fields of ``policies.facts.Facts``."""
    said = body.get("facts")
    if not isinstance(said, Mapping):
        return {}
    amounts = {name: said[name] for name in AMOUNTS if _is_amount(said.get(name))}
    flags = {name: said[name] for name in FLAGS if isinstance(said.get(name), bool)}
    words = {name: _known(said[name], trigger, pack) for name, trigger in WORDS.items() if name in said}
    return amounts | flags | words


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= AMOUNT_MAX


def _known(value: Any, trigger: str, pack: RulePack) -> str:
    """The word, empty when no band of the trigger knows it: then nobody knows."""
    words = {word for band in pack.triggers[trigger].bands for word in band.classes}
    return value if isinstance(value, str) and value in words else ""
