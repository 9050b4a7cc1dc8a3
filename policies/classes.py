"""What the triggers measure as classes: the words of the pack's bands that apply to one contract.

No word at all means that nobody knows. Which side of the corridor a price lies on depends on its number and is said for
columns as well.
"""

from collections.abc import Callable
from datetime import date

from policies.facts import Facts
from policies.licences import LicenceState
from policies.pack import RulePack

Words = tuple[str, ...]
OUTSIDE_CORRIDOR = "outside_corridor"


def _price(facts: Facts, pack: RulePack, on: date) -> Words:
    return () if facts.corridor.contains(facts.price_mjpy_per_kwh) else (OUTSIDE_CORRIDOR,)


def _equipment(facts: Facts, pack: RulePack, on: date) -> Words:
    """Certified types pass; plants without their safety filing, vehicles feeding in, and what is too large for low
    voltage (the pack's bound in W) do not."""
    flags = {
        "unfiled": facts.unfiled,
        "vehicle_to_grid": facts.vehicle_to_grid,
        "beyond_low_voltage": facts.high_voltage or facts.power_w >= pack.value("low_voltage_limit", on),
    }
    return (*map(str, facts.equipment), *(name for name, stands in flags.items() if stands))


def _area(facts: Facts, pack: RulePack, on: date) -> Words:
    crossing = "cross_area_high_voltage" if facts.high_voltage else "cross_area_low_voltage"
    return ("same_area" if facts.seller_area == facts.buyer_area else crossing,)


def _rule_data(facts: Facts, pack: RulePack, on: date) -> Words:
    """Unusable when delivery begins, or usable then and no longer when it ends."""
    return ("unusable" if facts.rule_faults else "ends_within_delivery" if facts.rule_faults_later else "current",)


def _correction(facts: Facts, pack: RulePack, on: date) -> Words:
    """Above the share of a bill up to which a correction needs nobody, small money asks too."""
    if not facts.corrects:
        return ("none",)
    return ("above_share",) if facts.correction_ppm > pack.value("correction_share", on) else ()


def _said(word: str | None) -> Words:
    return (str(word),) if word else ()


CLASSES: dict[str, Callable[[Facts, RulePack, date], Words]] = {
    "E04": lambda facts, pack, on: ("small_zone",) if facts.small_zone else (),
    "E05": _price,
    "E07": _equipment,
    "E08": lambda facts, pack, on: ("kept_by_clearing",) if facts.kept_by_clearing else (),
    "E09": _area,
    "E10": lambda facts, pack, on: tuple(map(str, facts.licences)) or (str(LicenceState.MISSING),),
    "E11": lambda facts, pack, on: _said(facts.dispute),
    "E12": lambda facts, pack, on: facts.surveillance,
    "E14": _rule_data,
    "E15": lambda facts, pack, on: () if facts.modelled else ("no_model",),
    "E16": lambda facts, pack, on: _said(facts.consumer_flag),
    "E17": lambda facts, pack, on: _said(facts.payment_rail),
    "E18": lambda facts, pack, on: ("cash_settled" if facts.cash_settled else "physical",),
    "E19": lambda facts, pack, on: _said(facts.support_scheme),
    "E20": _correction,
    "E21": lambda facts, pack, on: _said(facts.disclosure),
    "E22": lambda facts, pack, on: _said(facts.grid_state),
}
"""The classes each trigger knows; the others measure amounts alone. No licence chain at all is a missing one: supply
without one does not exist."""


def classes_of(trigger: str, facts: Facts, pack: RulePack, on: date) -> Words:
    """The words that apply, in a fixed order."""
    return CLASSES[trigger](facts, pack, on) if trigger in CLASSES else ()
