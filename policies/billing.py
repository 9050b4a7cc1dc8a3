"""What a bill of a day rests on in the rule pack: which values it needs, which it takes where the pack has them.

A value that is needed and missing, expired or not trusted stops the bill and names itself, and so does one that the
pack has and that does not hold; only a state subsidy comes and goes with its own dates. A network tariff in two parts
is written as ``AREA.wheeling``, its part by the kWh, and ``AREA.network_basic``, its part by the kW and month.
"""

from datetime import date

from domain.errors import RuleValueUnusable
from policies.corridor import AREA_KEYS, COMMON_KEYS
from policies.pack import RulePack
from policies.value import DatedValue

NEEDED = (*COMMON_KEYS, "input_credit", "scarcity_cap", "platform_fee_least", "platform_fee_most")
OF_PLANTS = ("generator_charge_kw", "generator_charge_kwh")
EXEMPT_BELOW = "generator_charge_exempt_below"
TAKEN = (
    *("subscription", "value_added", "storage_fee", "storage_owner", "storage_platform", "storage_community"),
    EXEMPT_BELOW,
)
TAKEN_OF_AREA = ("basic", "network_basic")
SUBSIDY = "subsidy"


def billing_values(pack: RulePack, area: str, on: date, plants: bool) -> dict[str, DatedValue]:
    """The values of a day by short name, without the area. plants: a plant of the bill pays the generator-side charge.

    Raises RuleValueUnusable naming every value that cannot be relied on.
    """
    keys = {name: name for name in NEEDED} | {name: f"{area}.{name}" for name in AREA_KEYS}
    keys |= {name: f"{area}.{name}" for name in OF_PLANTS if plants}
    optional = {name: name for name in TAKEN} | {name: f"{area}.{name}" for name in TAKEN_OF_AREA}
    keys |= {name: key for name, key in optional.items() if pack.lists(key)}
    if _subsidised(pack, f"{area}.{SUBSIDY}", on):
        keys[SUBSIDY] = f"{area}.{SUBSIDY}"
    faults = pack.usable(on, keys.values())
    if faults:
        raise RuleValueUnusable("\n".join(map(str, faults)))
    found = {name: pack.dated(key, on) for name, key in keys.items()}
    _check_fee(pack, on, found["platform_fee"].where)
    return found


def _subsidised(pack: RulePack, key: str, on: date) -> bool:
    """Is a subsidy dated for the day? Out of its dates there is none, and nothing is amiss."""
    fault = pack.fault(key, on) if pack.lists(key) else None
    return pack.lists(key) and (fault is None or fault.code not in ("expired", "not_yet_valid"))


def _check_fee(pack: RulePack, on: date, where: str) -> None:
    least, fee, most = (pack.value(key, on) for key in ("platform_fee_least", "platform_fee", "platform_fee_most"))
    if not least <= fee <= most:
        said = f"is {fee} ppm, outside platform_fee_least {least} to platform_fee_most {most}"
        raise RuleValueUnusable(f"{where}: rule value platform_fee on {on} {said}")
