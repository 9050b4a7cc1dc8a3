"""What papers state beyond terms: the market about itself, each site about its point and its firm."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from contracts.paper.field import typed_values
from domain.errors import Fault, InputRefused
from memory import registry
from memory.members import person_records
from memory.members.person_records import RecordKind
from memory.trading import papers
from services.opening import RULES
from services.steps import Steps

MARKET = "market"
OF_MARKET = frozenset({
    "retailer_name", "retailer_contact", "retailer_hours", "platform_name", "intermediary", "correction_months",
    "due_days", "notice_days", "cooling_off_days", "retention_years",
})  # fmt: skip
OF_SITE = frozenset({"seller_receiving_point", "buyer_supply_point", "contract_w"})


def state(steps: Steps, subject: str, typed: Mapping[str, str], by: str) -> None:
    """Write down what the market or a site states. typed: by field, quantities with their unit.

    Raises InputRefused with every fault: an unknown subject or field, a unit that nobody knows, a wrong form.
    """
    values, faults = typed_values(typed)
    allowed = OF_MARKET if subject == MARKET else OF_SITE
    faults += [
        Fault(key, "wrong_subject", f"{subject[:40]} does not state this") for key in values if key not in allowed
    ]
    with steps.database.begin("state-particulars") as tx:
        if subject != MARKET and subject not in {site.id for site in registry.sites(tx)}:
            faults.append(Fault(subject[:40], "unknown_site", f"say {MARKET}, or the id of a site"))
        if faults:
            raise InputRefused(faults)
        papers.state(tx, subject, values, by, steps.clock())
        steps.note(tx, RULES, "particulars.stated", subject, {"fields": sorted(values), "by": by})


def stated_of(tx: Connection, seller_site: str, buyer_site: str) -> dict[str, Any]:
    """What is on record for a deal's paper: names, firms' numbers, points, and the market's own."""
    owner = {site.id: site.party_id for site in registry.sites(tx)}
    name = {party.id: party.name for party in registry.parties(tx)}
    found = papers.stated(tx, MARKET)
    for side, site in (("seller", seller_site), ("buyer", buyer_site)):
        own = papers.stated(tx, site)
        found |= {key: value for key, value in own.items() if key.startswith(side)}
        found |= {f"{side}_name": name[owner[site]]}
        found |= {f"{side}_{key}": value for key, value in _firm(tx, owner[site]).items() if value}
    found |= {key: value for key, value in papers.stated(tx, buyer_site).items() if key == "contract_w"}
    found.pop("buyer_invoice_number", None)  # a buyer's plays no part
    return found


def _firm(tx: Connection, party_id: str) -> Mapping[str, Any]:
    records = [each.body for each in person_records.of_party(tx, party_id) if each.kind is RecordKind.ORGANISATION]
    return records[-1] if records else {}
