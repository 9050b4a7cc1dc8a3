"""What was recorded about the activities of contracts, counted for their transaction costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.contract import ContractState
from domain.order import Column
from memory import cases
from memory.books import chain_records, steps
from memory.trading import contracts, papers
from memory.trading.contracts import ContractRow
from settlement.transaction_cost import Activity

SLOT_THREAD, CASE_THREAD = "slot:", "case:"
WITHOUT_MODEL = ("", "template")


class Counted(NamedTuple):
    """Contracts without a planted case, in order. counts: by activity, shape (contracts,), int64. stands: 1 where a
    contract settled, same shape. energy_wh: what the settled ones delivered together. planted: how many were left out.
    """

    contracts: list[ContractRow]
    counts: dict[Activity, Column]
    stands: Column
    energy_wh: int
    planted: int


def counted(tx: Connection, first_slot: int, last_slot: int) -> Counted:
    """The activities of contracts that were drafted with slots from first to last. What a demonstration planted for its
    experts is no market's cost and is left out."""
    drafted = contracts.between(tx, first_slot, last_slot)
    asked = cases.of_contracts(tx, [row.digest for row in drafted])
    planted = {case.contract_digest for case in asked if case.planted}
    rows = [row for row in drafted if row.digest not in planted]
    place = {row.digest: at for at, row in enumerate(rows)}
    machine_ms, texts, decisions, acts = (Counter[int]() for _ in range(4))
    gas = _gas(tx, place)
    spent_ms: Counter[str] = Counter()
    for (thread, _), seconds in steps.times(tx).items():
        spent_ms[thread] += round(seconds * 1_000)
    _share_slots(spent_ms, rows, machine_ms)
    for case in (each for each in asked if each.contract_digest in place):
        at = place[case.contract_digest]
        machine_ms[at] += spent_ms[f"{CASE_THREAD}{case.id}"]
        decisions[at] += len(cases.decisions(tx, case.id))
        texts[at] += case.summary_by not in WITHOUT_MODEL
    for at, row in enumerate(rows):
        if row.proposal_id:
            acts[at] += len({(act.party_id, act.kind) for act in papers.acts(tx, row.proposal_id)})
    stands = np.array([row.state is ContractState.SETTLED for row in rows], np.int64)
    found = {
        Activity.MACHINE: machine_ms,
        Activity.GAS: gas,
        Activity.TEXTS: texts,
        Activity.DECISIONS: decisions,
        Activity.ACTS: acts,
    }
    columns = {name: np.array([each[at] for at in range(len(rows))], np.int64) for name, each in found.items()}
    return Counted(rows, columns, stands, sum(row.delivered_wh or 0 for row in rows), len(drafted) - len(rows))


def _share_slots(spent_ms: Mapping[str, int], rows: Sequence[ContractRow], machine_ms: Counter[int]) -> None:
    """A slot's run, shared equally by its contracts; what does not divide goes to the first."""
    of_slot: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        of_slot.setdefault(row.slot, []).append(at)
    for thread, ms in spent_ms.items():
        slot = thread.rpartition(":")[2]
        if thread.startswith(SLOT_THREAD) and slot.isdigit() and (places := of_slot.get(int(slot))):
            _share(ms, places, machine_ms)


def _gas(tx: Connection, place: Mapping[str, int]) -> Counter[int]:
    """A chain record's gas, shared equally by the contracts under it."""
    gas: Counter[int] = Counter()
    for record in chain_records.all(tx):
        places = [place[leaf] for leaf in record.leaves if leaf in place]
        if places and record.receipt:
            _share(int(record.receipt["gas"]), places, gas)
    return gas


def _share(whole: int, places: Sequence[int], among: Counter[int]) -> None:
    each, rest = divmod(whole, len(places))
    for at in places:
        among[at] += each
    among[places[0]] += rest
