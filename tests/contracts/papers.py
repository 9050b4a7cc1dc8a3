"""One individual contract with everything on it, for tests of papers."""

from datetime import datetime

from test_terms import FRAME, SHOP

from contracts.paper.field import Values
from contracts.paper.paper_template import INDIVIDUAL, template
from contracts.paper.particulars import paper_values
from contracts.terms import proposal_terms

STATED: Values = {
    "concluded_on": "2026-05-19",
    "seller_name": "佐藤 太陽光",
    "buyer_name": "港北マンション管理組合",
    "retailer_name": "ご近所でんき株式会社",
    "retailer_contact": "お客様窓口 0120-000-000",
    "retailer_hours": "9:00–17:00",
    "platform_name": "Gridpact",
    "intermediary": "none",
    "seller_receiving_point": "03" + "1" * 20,
    "buyer_supply_point": "03" + "2" * 20,
    "contract_w": 6_000,
    "volume_wh": 420,
    "delivery_starts": ["10:00", "10:30", "11:00"],
    "flexibility_permille": 100,
    "penalty_mjpy_per_kwh": 5_000,
    "correction_months": 13,
    "due_days": 30,
    "notice_days": 15,
    "cooling_off_days": 8,
    "retention_years": 7,
    "buyer_corporate_number": "7123456789012",
    "seller_invoice_number": "T1234567890123",
    "decision_digest": "a" * 64,
}
TERMS = proposal_terms(FRAME, SHOP)
VALUES: Values = paper_values(
    TERMS,
    datetime(2026, 5, 20),  # noqa: DTZ001  wall time, as it is printed
    datetime(2027, 5, 20),  # noqa: DTZ001
    template(INDIVIDUAL).digest,
    STATED,
)
