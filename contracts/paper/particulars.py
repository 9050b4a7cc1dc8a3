"""From a contract's terms to the values its paper states, with what terms do not hold: names, points, contacts.

Terms name people by site and hold no points' numbers, so that their digest can be public. A paper has both; they come
from the register and from what the parties filed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.paper.field import Values
from contracts.paper.kind import AREAS, Value
from contracts.template import STANDARD_CLAUSES

LAYER_OF = {
    "losses_mjpy_per_kwh": "losses",
    "congestion_mjpy_per_kwh": "congestion",
    "wheeling_mjpy_per_kwh": "wheeling",
    "levy_mjpy_per_kwh": "levy",
    "capacity_mjpy_per_kwh": "capacity",
    "imbalance_mjpy_per_kwh": "imbalance",
    "service_mjpy_per_kwh": "service",
    "fee_mjpy_per_kwh": "platform_fee",
    "delivered_mjpy_per_kwh": "delivered",
}
OF_TERMS = (
    *("seller_site", "buyer_site", "voltage_class", "support_scheme", "slot_min", "tenor_days", "energy_wh"),
    *("price_mjpy_per_kwh", "value_ujpy"),
)


def area_code(area: str) -> str:
    """The two digits of an area by its name in rule packs, e.g. ``tokyo``; what is no such name stays what it is."""
    return {english.lower(): code for code, (_, english) in AREAS.items()}.get(area, area)


def paper_values(
    terms: Mapping[str, Any], starts: datetime, ends: datetime, template_digest: str, stated: Values
) -> dict[str, Value]:
    """The values of a contract's paper. starts, ends: of delivery, on the market's clock. stated: the rest, of which
    nothing counts that the terms say themselves."""
    known = {**terms, "slot_min": terms["slot_length_min"]}
    values: dict[str, Value] = dict(stated)
    values |= {key: known[key] for key in OF_TERMS}
    values |= {key: terms["price_layers_mjpy_per_kwh"][layer] for key, layer in LAYER_OF.items()}
    values |= {
        "number": f"P2P-{terms['deal']}",
        "area": area_code(terms["seller_area"]),
        "retailer_registration": terms["retailer"]["registration"],
        "starts_at": f"{starts:%Y-%m-%dT%H:%M}",
        "ends_at": f"{ends:%Y-%m-%dT%H:%M}",
        "pack": terms["pack"]["id"],
        "pack_digest": terms["pack"]["digest"],
        "imbalance_cap_mjpy_per_kwh": STANDARD_CLAUSES["imbalance_cap_mjpy_per_kwh"],
        "exit_fee_ujpy": STANDARD_CLAUSES["exit_fee_ujpy"],
        "template_digest": template_digest,
    }
    return values
