"""Messages that a page says of a value: marked here, so that the catalogue has them."""

from typing import Final


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for the catalogue; it is said where it is shown."""
    return message


HARMS: Final = {"high": N_("high"), "medium": N_("medium"), "low": N_("low")}
STATES: Final = {
    "open": N_("open"),
    "approved": N_("approved"),
    "rejected": N_("rejected"),
    "expired": N_("expired: counts as rejected"),
    "amended": N_("amended: other terms are judged anew"),
}
CONTRACT_STATES: Final = {
    "drafted": N_("drafted"),
    "escalated": N_("waits for people"),
    "approved": N_("approved, on its way to the chain"),
    "rejected": N_("rejected: nothing is traded"),
    "blocked": N_("blocked by a rule"),
    "recorded": N_("recorded: the trade goes on"),
    "settled": N_("settled"),
    "cancelled": N_("cancelled"),
}
TRAIL: Final = {
    "case.opened": N_("sent to people"),
    "case.decision": N_("decided"),
    "case.claimed": N_("taken in hand"),
    "case.released": N_("let go"),
    "case.delegated": N_("handed on"),
    "case.asked": N_("asked a party"),
    "case.answered": N_("answered"),
    "case.escalated": N_("asked one more expertise"),
    "case.amendment": N_("proposed other terms"),
    "case.consent": N_("consented to other terms"),
    "case.reminded": N_("reminded"),
    "case.passed_on": N_("passed on in time"),
    "case.safe_mode": N_("went safe"),
}
KINDS: Final = {
    "contract": N_("Terms against the standard class"),
    "rule": N_("Rule"),
    "grid": N_("Grid"),
    "forecast": N_("Forecast"),
    "negotiation": N_("Negotiation"),
    "money": N_("Money"),
    "precedent": N_("A case like this one"),
    "answer": N_("A party's answer"),
}
REASONS: Final = {
    "in_order": N_("in order"),
    "price": N_("price"),
    "credit": N_("credit"),
    "licence": N_("licence"),
    "grid": N_("grid"),
    "equipment": N_("equipment"),
    "consumer": N_("consumer protection"),
    "data": N_("data"),
    "terms": N_("terms"),
    "other": N_("something else"),
}
EXPERTISE: Final = {
    "legal": N_("law"),
    "grid": N_("grid"),
    "finance": N_("finance"),
    "mediator": N_("mediation"),
    "operator": N_("operation"),
}
FACTS: Final = {"price": N_("Unit price"), "energy": N_("Energy"), "value": N_("Worth")}
CHOOSE: Final = N_("Choose what you decide.")
TERMS: Final = {
    "kind": N_("Kind"),
    "price_mjpy_per_kwh": N_("Unit price"),
    "energy_wh": N_("Energy"),
    "value_ujpy": N_("Worth"),
    "seller_site": N_("Seller's site"),
    "buyer_site": N_("Buyer's site"),
    "seller_area": N_("Seller's area"),
    "buyer_area": N_("Buyer's area"),
    "slot_first": N_("First slot"),
    "slot_end": N_("Ends before slot"),
    "slot_length_min": N_("Minutes a slot"),
    "tenor_days": N_("Days it runs"),
    "template": N_("Template"),
    "extra_clauses": N_("Extra clauses"),
    "price_layers_mjpy_per_kwh": N_("Layers of the price, 1/1000 JPY/kWh"),
    "difference_mjpy_per_kwh": N_("Above the node's price"),
    "voltage_class": N_("Voltage"),
    "support_scheme": N_("Support scheme"),
    "settlement": N_("Settlement"),
    "retailer": N_("Retailer"),
    "market": N_("Market"),
    "pack": N_("Rule pack"),
    "label": N_("Label"),
    "deal": N_("Deal"),
    "version": N_("Version"),
    "salt": N_("Salt"),
}
