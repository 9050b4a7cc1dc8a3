"""Members read what is theirs, in parts and by tag; roles read what the page of policies lets them."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from morning import DAY, FIRST, contract, morning, settled
from sqlalchemy import event
from street import NOW, Street

from contracts import merkle
from memory.books import chain_records, settlements, steps
from memory.database import Database
from memory.trading import contracts, trades
from memory.trading.trades import TradeRow
from services.orders.commitments import thread_of

API = "/api/v1"
LISTS = ("parties", "sites", "devices", "mandates", "trades", "contracts", "statements")


def by(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return morning(database, tmp_path)


def everything(street: Street, path: str, who: str, limit: int, after: str = "", **query: Any) -> list[dict[str, Any]]:
    """All items of a list, part by part."""
    items: list[dict[str, Any]] = []
    cursor: str | None = after
    while cursor is not None:
        asked = {"limit": limit, **({"cursor": cursor} if cursor else {}), **query}
        answer = street.client.get(f"{API}/{path}", params=asked, headers=by(who))
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= limit
        items, cursor = items + answer.json()["items"], answer.json()["next"]
    return items


@pytest.mark.parametrize("path", LISTS)
def test_parts_of_a_list_are_the_list(path: str, street: Street) -> None:
    """However a list is cut, every item comes once and in the same order."""
    whole = everything(street, path, "audit", 200)
    assert whole
    assert all(everything(street, path, "audit", limit) == whole for limit in (1, 2, 3))


@pytest.mark.parametrize("path", LISTS)
def test_a_member_sees_its_own_and_nobody_elses(path: str, street: Street) -> None:
    """The items of a member are those of everybody that name its party or site; without a credential there are none."""
    own = everything(street, path, "P1", 200)
    names = {"P1", "S1"}
    columns = ("id", "party_id", "site_id", "seller_site", "buyer_site")
    expected = [
        item for item in everything(street, path, "audit", 200) if names & {item.get(column) for column in columns}
    ]
    assert own == expected != []
    assert street.client.get(f"{API}/{path}").status_code == 401
    assert street.client.get(f"{API}/{path}", headers=by("guess")).status_code == 401


def test_a_key_without_the_scope_sees_no_home(street: Street) -> None:
    """The expert's key names cases only; 403 says which policy said so."""
    for path in LISTS:
        refused = street.client.get(f"{API}/{path}", headers=by("a-token-of-thirty-two-random-bytes"))
        assert (refused.status_code, "keys-do-what-their-scopes-name" in refused.text) == (403, True)


def test_rows_added_meanwhile_shift_nothing(street: Street) -> None:
    """What stood in the list when its reading began comes once, whatever is inserted before or behind the cursor."""
    before = everything(street, "trades", "P1", 200)
    first = street.client.get(f"{API}/trades", params={"limit": 3}, headers=by("P1")).json()
    with street.database.begin() as tx:
        trades.save(tx, [TradeRow(f"{FIRST}:a", FIRST, "x", "y", "S1", "S2", 1, 12_000)])
        trades.save(tx, [TradeRow(f"{FIRST + 2}:z", FIRST + 2, "x", "y", "S2", "S1", 1, 12_000)])
    rest = everything(street, "trades", "P1", 2, after=first["next"])
    seen = [item["id"] for item in first["items"] + rest]
    assert [each for each in seen if each != f"{FIRST + 2}:z"] == [item["id"] for item in before]


@pytest.mark.parametrize("name", ["trades", "contracts"])
def test_a_list_is_filtered_by_slot_or_day(name: str, street: Street) -> None:
    """A day is of the market's calendar; both at once is a question that nobody means."""
    whole = everything(street, name, "P2", 200)
    in_slot = everything(street, name, "P2", 2, slot=FIRST)
    assert in_slot == [item for item in whole if item["slot"] == FIRST] != []
    assert everything(street, name, "P2", 2, day=str(DAY)) == whole
    assert everything(street, name, "P2", 2, day="2026-05-19") == []
    both = street.client.get(f"{API}/{name}?slot={FIRST}&day={DAY}", headers=by("P2"))
    assert (both.status_code, both.json()["faults"][0]["code"]) == (422, "two_spans")


def test_what_is_named_twice_is_refused(street: Street) -> None:
    """Of two values one reader takes the first and another the last; every such name is told, known or not."""
    answer = street.client.get(f"{API}/statements?site=S1&site=S2&limit=1&x=1&x=1", headers=by("P2"))
    assert answer.status_code == 422
    faults = [(each["where"], each["code"]) for each in answer.json()["faults"]]
    assert faults == [("site", "repeated"), ("x", "repeated")]


FOREIGN = [
    "parties/P2", "sites/S2", "devices/M2", "mandates/S2", "mandates/S2/versions", f"trades/{FIRST + 1}:t0007",
    f"contracts/{9:064x}", f"contracts/{9:064x}/proof", f"statements/S2/{DAY}",
]  # fmt: skip


@pytest.mark.parametrize("path", FOREIGN)
def test_what_is_anothers_is_unknown(path: str, street: Street) -> None:
    """404 as for what there is not: a guess confirms nothing. The auditor finds it."""
    assert street.client.get(f"{API}/{path}", headers=by("P1")).status_code == 404
    if path != "parties/P2":
        assert street.client.get(f"{API}/{path}", headers=by("audit")).status_code == 200


ITEMS = [
    "parties/P1", "sites/S1", "devices/B1", "mandates/S1", f"trades/{FIRST}:t0000", f"contracts/{1:064x}",
    f"contracts/{1:064x}/proof", f"statements/S1/{DAY}",
]  # fmt: skip


@pytest.mark.parametrize("path", ITEMS)
def test_an_item_that_one_holds_is_not_sent_again(path: str, street: Street) -> None:
    """304 without a body under the tag, alone or among others; the item under any other."""
    url, headers = f"{API}/{path}", by("P1")
    tag = street.client.get(url, headers=headers).headers["etag"]
    for held in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = street.client.get(url, headers=headers | {"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert street.client.get(url, headers=headers | {"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [*ITEMS, "mandates/S1/versions", "devices?site=S1", "statements?site=S1"])
def test_a_name_that_no_database_holds_is_refused(path: str, street: Street) -> None:
    """422 with its place, whichever part of the address it stands in."""
    marked = path.replace("S1", "%00").replace("P1", "%00").replace("B1", "%00").replace(":t0000", "%00")
    answer = street.client.get(f"{API}/{marked.replace('0' * 63, '%00')}", headers=by("P1"))
    assert (answer.status_code, bool(answer.json()["faults"])) == (422, True)


def test_the_registry_says_what_it_knows(street: Street) -> None:
    """A party with its licences, a device with its key, a mandate with its wishes and versions."""
    client, headers = street.client, by("P1")
    assert client.get(f"{API}/parties/P1", headers=headers).json()["licences"] == [
        {"kind": "shop", "number": "7", "registered_name": "Aoki", "valid_to": "2030-03-31"}
    ]
    assert len(client.get(f"{API}/devices/M1", headers=headers).json()["public_key"]) == 64
    wishes = {"partner_site": "S2", "source": None, "local_first": True, "premium_max_mjpy_per_kwh": 700}
    mandate = client.get(f"{API}/mandates/S1", headers=headers).json()
    assert (mandate["version"], mandate["wishes"]) == (2, wishes)
    versions = client.get(f"{API}/mandates/S1/versions", headers=headers).json()["items"]
    assert [each["version"] for each in versions] == [1, 2]
    assert [each["id"] for each in everything(street, "devices", "P1", 200, site="S1")] == ["B1", "M1"]
    assert everything(street, "devices", "P1", 200, site="S2") == []


def test_a_proof_verifies_without_us(street: Street) -> None:
    """The siblings lead from the contract's digest to the root under which the chain holds the slot."""
    for number in range(5):
        digest = contract(number).digest
        shown = street.client.get(f"{API}/contracts/{digest}/proof", headers=by("P1")).json()
        siblings = [bytes.fromhex(each) for each in shown["siblings"]]
        assert merkle.verify(bytes.fromhex(shown["record"]["root"]), digest, siblings)
        assert (shown["leaf"], shown["record"]["receipt"]) == (merkle.leaf(digest).hex(), {"block": 7})


def test_a_contract_that_is_not_recorded_has_no_proof_yet(street: Street) -> None:
    """Its proof says so; a deal of its own shows the decision that the chain was told."""
    lone = contract(20, slot=FIRST + 1, trade_id=None, proposal_id="p")
    with street.database.begin() as tx:
        contracts.save(tx, [lone])
        chain_records.put(tx, f"approval:{lone.digest}", "ab" * 32, [])
    shown = street.client.get(f"{API}/contracts/{lone.digest}/proof", headers=by("P1")).json()
    assert (shown["record"], shown["siblings"], shown["approval"]["root"]) == (None, [], "ab" * 32)


def test_a_statement_adds_up(street: Street) -> None:
    """Energy of the day's settled slots; the lines add up to the total, the pool's share beside what was settled."""
    of_today = street.client.get(f"{API}/statements/S1/{DAY}", headers=by("P1")).json()
    assert (of_today["slots"], of_today["slots_settled"], of_today["closed"]) == (48, 3, False)
    assert (of_today["import_wh"], of_today["bought_wh"], of_today["no_trade_ujpy"]) == (750, 300, -18_000)
    lines = {line["kind"]: line["value_ujpy"] for line in of_today["lines"]}
    assert lines == {"pool_share": 400, "utility_purchase": -18_000, "utility_sale": 3_000}
    assert of_today["total_ujpy"] == sum(lines.values())
    yesterday = everything(street, "statements", "P1", 1, to="2026-05-19")
    assert [(each["day"], each["total_ujpy"]) for each in yesterday] == [("2026-05-19", -5_000)]
    assert street.client.get(f"{API}/statements/S1/2026-05-18", headers=by("P1")).status_code == 404


def test_a_statement_says_by_which_way_energy_went(street: Street) -> None:
    """By contract, through the pool and with the utility: what was metered, in three parts that add up to it."""
    one = street.client.get(f"{API}/statements/S1/{DAY}", headers=by("P1")).json()
    bought = [one[f"bought_{way}_wh"] for way in ("by_contract", "through_pool", "from_utility")]
    assert bought == [3 * 70, 3 * 30, 3 * 150]
    sold = [one[f"sold_{way}_wh"] for way in ("by_contract", "through_pool", "to_utility")]
    assert (sum(bought), sum(sold)) == (one["import_wh"], one["export_wh"])
    before = replace(settled(FIRST + 3, "S1"), own_sold_wh=None, own_bought_wh=None)
    with street.database.begin() as tx:
        settlements.save(tx, [before])
    again = street.client.get(f"{API}/statements/S1/{DAY}", headers=by("P1")).json()
    assert (again["bought_by_contract_wh"], again["bought_through_pool_wh"], again["slots_settled"]) == (None, None, 4)


def test_a_statement_is_closed_with_its_day(street: Street) -> None:
    """After the day's last slot was closed nothing is added; its tag changes with that."""
    url, headers = f"{API}/statements/S1/{DAY}", by("P1")
    before = street.client.get(url, headers=headers)
    with street.database.begin() as tx:
        steps.add(tx, thread_of("local", FIRST + 47), "close", {}, NOW)
    after = street.client.get(url, headers=headers)
    assert (before.json()["closed"], after.json()["closed"]) == (False, True)
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-05-21", "to": "2026-05-20"}, {"from": "2020-01-01"}, {"from": "1999-01-01"}, {"to": "9999-12-31"}],
)
def test_a_span_of_days_has_bounds(query: dict[str, str], street: Street) -> None:
    """Backwards, longer than a year or outside the calendar is refused with its place."""
    answer = street.client.get(f"{API}/statements", params=query, headers=by("P1"))
    assert (answer.status_code, bool(answer.json()["faults"])) == (422, True)


def cursor_of(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("path", LISTS)
@given(st.one_of(st.text(max_size=40), st.recursive(st.integers() | st.text(max_size=5), st.lists).map(cursor_of)))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cursor_breaks_a_list(path: str, street: Street, cursor: str) -> None:
    """What is no cursor of the list is refused with its place, whatever it is made of."""
    answer = street.client.get(f"{API}/{path}", params={"cursor": cursor}, headers=by("P1"))
    assert answer.status_code in {200, 422}
    assert answer.status_code == 200 or answer.json()["faults"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_statements_however_long_it_is(path: str, street: Street) -> None:
    """No item is asked for one by one."""
    counted: list[str] = []
    engine = street.database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    counts = []
    street.client.get(f"{API}/{path}", headers=by("audit"))  # the first use of a key is noted
    for limit in (1, 200):
        counted.clear()
        assert street.client.get(f"{API}/{path}", params={"limit": limit}, headers=by("audit")).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_a_members_rows_are_found_by_an_index(street: Street) -> None:
    """The plans of the lists read no table from end to end where PostgreSQL has the choice."""
    statements: list[tuple[str, Any]] = []
    engine = street.database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    for path in ("trades", "contracts", "statements", "devices"):
        everything(street, path, "P1", 2)
    asked = [each for each in statements if any(f"FROM {name}" in each[0] for name in ("trade", "contract", "device"))]
    assert asked
    with street.database.read() as tx:
        tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in asked:
            plan = str(tx.exec_driver_sql(f"EXPLAIN {statement}", values).all())
            assert "Seq Scan" not in plan, plan
