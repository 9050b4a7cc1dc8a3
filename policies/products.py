"""The products of a jurisdiction: slot length and gate times, from its rule pack.

A product's keys begin with its name, e.g. ``intraday.gate_closure``.
"""

from datetime import date

from domain.errors import Fault, InputRefused
from domain.product import Product
from policies.pack import RulePack

STAGE_KEYS = ("book_open", "book_close", "matching_done", "contracts_done", "plan_submitted", "gate_closure")
TRADED = "intraday"


def product(pack: RulePack, name: str, on: date) -> Product:
    """A product as traded on a day. Raises RuleValueUnusable naming the key, InputRefused on times out of turn."""
    opens, closes, matched, contracted, planned, gate = (pack.value(f"{name}.{key}", on) for key in STAGE_KEYS)
    return Product(
        name, pack.value(f"{name}.slot_length", on), opens, closes, matched, contracted, planned, gate,
        whole_day=pack.text(f"{name}.counts_from", on) == "day",
    )  # fmt: skip


def traded_product(pack: RulePack) -> Product:
    """The product that the trading day trades: the pack's ``intraday``, the same on all its days.

    Slots are counted in slot lengths, so another length is another pack and another market. Raises as ``product``, and
    InputRefused with every fault when a value changes inside the pack or the product trades whole days at once.
    """
    keys = ["slot_length", "counts_from", *STAGE_KEYS]
    dated = {key: pack.values.get(f"{TRADED}.{key}", ()) for key in keys}
    faults = [
        Fault(f"{pack.id}:{TRADED}.{key}", "changes", "a market's product holds from a pack's first day to its last")
        for key, values in dated.items()
        if len(values) > 1
    ]
    found = product(pack, TRADED, pack.valid_from)
    if found.whole_day:
        faults.append(Fault(f"{pack.id}:{TRADED}.counts_from", "whole_day", "the trading day trades slot by slot"))
    if faults:
        raise InputRefused(faults)
    return found
