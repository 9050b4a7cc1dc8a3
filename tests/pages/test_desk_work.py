"""What a reviewer does beside deciding: the forms, what they refuse, and the trail that is taken along."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from office import REASON, Office, csrf_of, open_office
from street import SLOT

from domain.canonical import digest
from domain.errors import InputRefused
from memory.database import Database
from memory.trading import proposals
from memory.trading.proposals import ProposalRow
from review_ui.desk_work import changes_of


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return open_office(database, tmp_path)


def work(office: Office, form: dict[str, str]) -> tuple[int, str]:
    """Send a work form of the second case; the answer's status, and the case's page afterwards."""
    browser, path = office.signed_in(), f"/en/review/cases/{office.cases[1]}"
    csrf = csrf_of(browser.get(path).text)
    browser.post(f"{path}/hand", data={"csrf": csrf, "hand": "claim"})
    answer = browser.post(f"{path}/work", data={"csrf": csrf} | form)
    return answer.status_code, answer.text or browser.get(path).text


def test_a_party_is_asked_and_another_expertise_too(office: Office) -> None:
    """Both stand in what happened to the case, and the case then asks for two."""
    assert work(office, {"work": "ask", "party": "P1", "reason": REASON})[0] == 303
    status, page = work(office, {"work": "escalate", "to": "grid", "reason": REASON})
    assert status == 303
    assert "asked a party" in page
    assert "0 of 2 approvals" in page


@pytest.mark.parametrize(
    "form",
    [
        {"work": "transfer"},
        {"work": "ask", "party": "nobody", "reason": REASON},
        {"work": "escalate", "to": "wizard", "reason": REASON},
        {"work": "amend", "price": "-1", "reason": REASON},
        {"work": "delegate", "account": "nobody"},
    ],
)
def test_work_that_is_not_possible_says_so_on_the_page(office: Office, form: dict[str, str]) -> None:
    """No such work, party, expertise, account or price."""
    status, page = work(office, form)
    assert status == 409
    assert "alert err" in page


def test_other_terms_stand_beside_those_of_the_contract(office: Office) -> None:
    """What is proposed for a deal beside the auction is shown against what the contract says."""
    deal = {"slot_first": SLOT + 50, "slot_end": SLOT + 98, "seller_site": "S1", "buyer_site": "S2"}
    body = deal | {"energy_wh": 60_000, "price_mjpy_per_kwh": 18_000}
    with office.street.database.begin() as tx:
        proposals.save(tx, [ProposalRow("D1", SLOT, body)])
    status, page = work(office, {"work": "amend", "price": "17.5", "reason": REASON})
    assert status == 303
    assert "<del>¥18.00/kWh</del>" in page
    assert "<ins>¥17.50/kWh</ins>" in page


def test_other_terms_are_read_exactly() -> None:
    """Yen and kWh become whole thousandths; empty fields change nothing; every fault is named at once."""
    assert changes_of({"price": "17.5", "energy": "", "clause": "one\n\n two "}) == {
        "price_mjpy_per_kwh": 17_500,
        "extra_clauses": ["one", "two"],
    }
    with pytest.raises(InputRefused) as refused:
        changes_of({"price": "NaN", "energy": "0.0001"})
    assert len(refused.value.faults) == 2
    with pytest.raises(InputRefused):
        changes_of({})


def test_the_trail_that_is_taken_along_verifies(office: Office) -> None:
    """Whoever has the file can make each entry's hash again; both kinds hold the same entries."""
    work(office, {"work": "ask", "party": "P1", "reason": REASON})
    browser, path = office.signed_in(), f"/en/review/cases/{office.cases[1]}/trail"
    taken = browser.get(path).json()
    assert {each["kind"] for each in taken["entries"]} == {"case.claimed", "case.asked"}
    for each in taken["entries"]:
        assert (
            digest({name: value for name, value in each.items() if name not in {"hash", "signature"}}) == each["hash"]
        )
    lines = list(csv.DictReader(StringIO(browser.get(path, params={"kind": "csv"}).text)))
    assert [each["hash"] for each in lines] == [each["hash"] for each in taken["entries"]]


def test_nobody_takes_a_trail_without_signing_in(office: Office) -> None:
    """A stranger is led to the sign-in; a case that is not there is not found."""
    assert office.browser().get(f"/en/review/cases/{office.cases[1]}/trail").status_code == 303
    assert office.signed_in().get("/en/review/cases/nothing/trail").status_code == 404
