"""What contracts cost, counted from what was recorded: everything once, nothing that was planted."""

from dataclasses import replace
from pathlib import Path

import pytest
from case_world import BODY, Casework, build, open_case

from contracts.terms import term_digest
from domain.case import Verdict
from domain.contract import ContractState
from gridpact.commands.costs import figures
from memory import cases
from memory.books import chain_records, steps
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.figures.transaction_costs import counted
from settlement.activity_costs import BASELINE, COSTS
from settlement.transaction_cost import Activity, contract_costs

SLOT = 989_990


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Casework:
    """The case's contract of 989,990, two that settled in the same slot, one that was planted."""
    found = build(database, tmp_path)
    open_case(found, "C-2", lambda case: replace(case, planted="E01"))
    settled = [_contract(number, ContractState.SETTLED, 300) for number in (1, 2)]
    with database.begin("more") as tx:
        contracts.save(tx, settled)
        steps.add_time(tx, f"slot:main:{SLOT}", "clear", 1.0)
        steps.add_time(tx, f"slot:main:{SLOT + 1}", "clear", 9.0)
        steps.add_time(tx, "case:C-1", "decide", 0.5)
        chain_records.put(tx, "root:1", "00", sorted(row.digest for row in settled))
        chain_records.receipt(tx, "root:1", {"tx": "0x1", "block": 1, "gas": 101})
    found.decide("sato", Verdict.REJECT)
    return found


def _contract(number: int, state: ContractState, delivered_wh: int) -> ContractRow:
    terms = BODY | {"deal": f"D{number}"}
    sides = ("S1", "S2", 400, 12_000, True)
    return ContractRow(term_digest(terms), SLOT, f"T{number}", None, *sides, state, terms, delivered_wh)


def test_activities_are_shared_by_the_contracts_they_were_for(world: Casework) -> None:
    """A slot's second over three contracts, a record's gas over two, a case's own time and decision to its own."""
    with world.database.read() as tx:
        found = counted(tx, SLOT, SLOT)
        (case,) = (each for each in cases.all(tx) if each.id == "C-1")
    at = [row.digest for row in found.contracts].index(case.contract_digest)
    assert (len(found.contracts), found.planted, int(found.stands.sum()), found.energy_wh) == (3, 1, 2, 600)
    assert int(found.counts[Activity.MACHINE].sum()) == 1_500
    assert int(found.counts[Activity.MACHINE][at]) >= 500 + 333
    assert int(found.counts[Activity.GAS].sum()) == 101
    assert found.counts[Activity.DECISIONS].tolist() == [int(place == at) for place in range(3)]


def test_what_is_printed_claims_nothing_from_an_assumption(world: Casework) -> None:
    """A rejected contract's expert is borne by the two that stand, and the claim is refuted here, not hidden."""
    with world.database.read() as tx:
        found = counted(tx, SLOT, SLOT)
    told = figures(found, contract_costs(found.counts, COSTS, found.stands, found.energy_wh), BASELINE)
    low_jpy, high_jpy = told["jpy_per_contract_median"]
    assert 125 < low_jpy < 126
    assert 1_000 < high_jpy < 1_001
    assert told["saving_of_70_percent"] == "refuted"
    assert told["baseline"].startswith("assumed")
