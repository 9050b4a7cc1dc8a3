"""The products of a jurisdiction: slot length and gate times, from its rule pack.

A product's keys begin with its name, e.g. ``intraday.gate_closure``.
"""

from datetime import date

from domain.product import Product
from policies.pack import RulePack

STAGE_KEYS = ("book_open", "book_close", "matching_done", "contracts_done", "plan_submitted", "gate_closure")


def product(pack: RulePack, name: str, on: date) -> Product:
    """A product as traded on a day. Raises RuleValueUnusable naming the key, InputRefused on times out of turn."""
    opens, closes, matched, contracted, planned, gate = (pack.value(f"{name}.{key}", on) for key in STAGE_KEYS)
    return Product(
        name, pack.value(f"{name}.slot_length", on), opens, closes, matched, contracted, planned, gate,
        whole_day=pack.text(f"{name}.counts_from", on) == "day",
    )  # fmt: skip
