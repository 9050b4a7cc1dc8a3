"""What a world itself can show of the compliance checks; everything else people must."""

from datetime import date

from sqlalchemy import Connection

from domain.errors import RuleValueUnusable
from domain.site import SIGNING
from memory import registry
from policies.licences import RETAIL_SUPPLY
from services.rules import Rules


def known_facts(tx: Connection, rules: Rules, day: date) -> dict[str, bool]:
    """By fact, whether it holds on a day, as far as the books say. What they are silent about is left out."""
    names = {party.id: party.name for party in registry.parties(tx)}
    licences = [each for each in registry.licences(tx) if each.kind == RETAIL_SUPPLY]
    metered = {each.site_id for each in registry.devices(tx) if each.kind in SIGNING}
    known = {
        "retailer_registered": any(
            day <= each.valid_to and each.registered_name == names.get(each.holder_id) for each in licences
        ),
        "physical_delivery": True,  # every contract's terms settle as metered
    }
    if not {site.id for site in registry.sites(tx)} <= metered:
        known["meters_verified"] = False
    return known | _of_values(rules, day)


def _of_values(rules: Rules, day: date) -> dict[str, bool]:
    wheeling = rules.pack.fault(f"{rules.area}.wheeling", day) is None
    try:
        levy = rules.pack.value("levy", day) > 0
    except RuleValueUnusable:
        levy = False
    return {"wheeling_current": wheeling, "levy_charged": levy}
