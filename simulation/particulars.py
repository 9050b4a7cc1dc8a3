"""What the demonstration's papers state, made up: points that no operator numbered, contacts that nobody answers.

A point's number is its area and twenty digits of the SHA-256 of the site's id.
"""

import hashlib

from contracts.paper.field import Values
from contracts.paper.particulars import area_code
from simulation.community import Community
from simulation.members import MADE_UP, PLATFORM, RETAILER

APPROVING_EXPERTS = ("expert-finance", "expert-legal")
CONTRACT_W = 6_000
OF_THE_MARKET: Values = {
    "retailer_name": RETAILER.name,
    "retailer_contact": f"お客様窓口 0120-000-000（{MADE_UP}）",
    "retailer_hours": "9:00–17:00",
    "platform_name": PLATFORM.name,
    "intermediary": "none",
    "correction_months": 13,
    "due_days": 30,
    "notice_days": 15,
    "cooling_off_days": 8,
    "retention_years": 7,
}


def made_up_particulars(community: Community) -> dict[str, Values]:
    """What the market and every site state, by subject."""
    return {"market": OF_THE_MARKET} | {site.id: _of_site(site.id, site.area) for site in community.sites}


def _of_site(site_id: str, area: str) -> Values:
    def number(kind: str) -> str:
        digits = int(hashlib.sha256(f"{kind}:{site_id}".encode()).hexdigest(), 16) % 10**20
        return f"{area_code(area)}{digits:020}"

    return {
        "seller_receiving_point": number("receiving"),
        "buyer_supply_point": number("supply"),
        "contract_w": CONTRACT_W,
    }
