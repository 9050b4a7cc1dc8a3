"""Bills through the API: a person's own, in every form, and refused where the books and the rules disagree."""

from io import BytesIO
from pathlib import Path

import pytest
from april import settle
from morning import morning
from pypdf import PdfReader
from street import Street

from domain.party import Party, Role
from memory.database import Database
from services.members.people import register_party

API = "/api/v1"


def by(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """The street after a morning of made-up postings, and an April day on which S2 was settled by the rules."""
    built = morning(database, tmp_path)
    with built.database.begin() as tx:
        settle(tx, 50)
    return built


def test_a_bill_is_read_in_every_form(street: Street) -> None:
    """Values, PDF and table of a day of 48 slots and two of the next; each kWh once; the PDF equal when read again."""
    bill = street.client.get(f"{API}/bills/P2/2026-04", headers=by("P2")).json()
    energy = {line["section"]: line["quantity"] for line in bill["lines"] if line["item"] == "energy"}
    assert energy == {"bought": 5_000, "supply": 7_500, "sold": 1_000, "buyback": 500}
    assert (bill["slots_settled"], bill["slots"]) == (50, 96)
    assert bill["without_trading"]["value_ujpy"] - bill["value_ujpy"] == bill["saving_ujpy"]
    urls = [f"{API}/bills/P2/2026-04/{form}" for form in ("document.pdf", "lines.csv")]
    document, table = (street.client.get(url, headers=by("P2")) for url in urls)
    assert document.content == street.client.get(urls[0], headers=by("P2")).content
    assert bill["number"] in PdfReader(BytesIO(document.content)).pages[0].extract_text()
    assert table.text.count(",line,") == len(bill["lines"])


def test_an_invoice_is_qualified_by_the_issuers_number(street: Street) -> None:
    """Without the retailer's number the bill says what is missing; with it, it shows the number, and only a
    demonstration's rules keep it from being an invoice."""
    url = f"{API}/bills/P2/2026-04"
    said = street.client.get(url, headers=by("P2")).json()["not_qualified_because"]
    assert "no invoice number (T and 13 digits) is on record" in said[-2]
    firm = Party("A-retailer", "Satoyama", Role.RETAILER)
    register_party(street.steps, firm, "test", "7123456789012", "T7123456789012")
    (only,) = street.client.get(url, headers=by("P2")).json()["not_qualified_because"]
    assert only.startswith("rule pack jp_demo: ")
    document = street.client.get(f"{url}/document.pdf?language=en", headers=by("P2"))
    assert "T7123456789012" in PdfReader(BytesIO(document.content)).pages[0].extract_text()


def test_anothers_bill_is_unknown(street: Street) -> None:
    """404 as for what there is not; whoever sees all homes finds it."""
    for form in ("", "/document.pdf", "/lines.csv"):
        assert street.client.get(f"{API}/bills/P2/2026-04{form}", headers=by("P1")).status_code == 404
        assert street.client.get(f"{API}/bills/P2/2026-04{form}", headers=by("audit")).status_code == 200
    assert street.client.get(f"{API}/bills/P2/2026-03", headers=by("P2")).status_code == 404
    assert street.client.get(f"{API}/bills/P2/2026-13", headers=by("P2")).status_code == 422


def test_postings_that_no_rule_explains_are_named(street: Street) -> None:
    """The morning's are made up: each is named with site, slot and rule; other months are billed."""
    refused = street.client.get(f"{API}/bills/P2/2026-05", headers=by("P2"))
    assert refused.status_code == 422
    assert {each["code"] for each in refused.json()["faults"]} == {"not_by_rule"}
    assert all(each["where"].startswith("S2, slot ") for each in refused.json()["faults"])
