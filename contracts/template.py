"""The standard contract between neighbours under the retailer's umbrella: the clauses that are always the same.

Neighbours may not sell to each other directly in Japan (Electricity Business Act, Art. 2-2: retail supply needs a
registered retailer). So the retailer buys the surplus from the one and supplies the other, and the neighbours' deal
is an allocation and a price schedule inside these two contracts. Each clause names the choice it makes; a change
of any is another template with another digest, and a contract on another template is not a standard one. The words of
the master terms count too: by their digest every standard contract, and the root of its slot, stands for them.
"""

from contracts.paper.paper_template import MASTER, file_digest
from domain.canonical import digest
from domain.quantity import UJPY_PER_JPY

STANDARD_CLAUSES: dict[str, str | int] = {
    "master_terms": file_digest(MASTER),
    "model": "retailer_umbrella",
    "quantity_mode": "as_metered_allocation",
    "allocation_rule": "own_contract_then_pro_rata",
    "price_difference_rule": "own_price_less_node_price_from_buyer_to_seller_free_of_fee_and_losses",
    "residual_supply": "retailer_at_own_tariff",
    "surplus_taker": "retailer_at_buyback",
    "price_change_rule": "law_and_wheeling_pass_through_from_their_date",
    "non_fossil_value": "none_claimed",
    "imbalance_party": "retailer_pool",
    "imbalance_cap_mjpy_per_kwh": 0,
    "curtailment": "no_delivery_no_claim",
    "meter": "verified_smart_meter",
    "data_route": "a_c_route_settles",
    "missing_data_rule": "no_neighbour_trade",
    "correction_window": "P13M",
    "rail": "retailer_bill",
    "customer_exit": "free_from_next_open_slot",
    "exit_fee_ujpy": 0,
    "emergency": "stop_without_claim",
    "peer_visibility": "pseudonym_area",
    "public_record": "salted_digest_only",
    "retention": "P7Y",
    "dispute": "mediator_then_regulator_then_court",
    "governing_law": "JP",
    "language": "ja_prevails",
    "human_review_right": "on_request",
}

STANDARD_TEMPLATE = digest(STANDARD_CLAUSES)

# A deal on the standard template is of the standard class up to these; beyond, it is an individual contract.
TENOR_DAYS_MAX = 366
VALUE_UJPY_MAX = 300_000 * UJPY_PER_JPY
VOLTAGE_CLASSES = frozenset({"LV"})
SUPPORT_SCHEMES = frozenset({"none", "post_fit"})
