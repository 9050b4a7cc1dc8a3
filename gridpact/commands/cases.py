"""``gridpact cases``: the people's side of a demonstration or a live market, on the command line."""

import argparse
import json
from typing import Any

from domain.case import CaseState, Verdict
from gridpact.existing import Existing, open_existing
from gridpact.signing import whoever_asks
from memory import cases
from memory.cases import CaseRow
from services.cases.cases import Ballot, decide


def run(options: argparse.Namespace) -> int:
    """List, show or decide cases; 1 when the decision is refused."""
    with open_existing(options) as world:
        match options.verb:
            case "show":
                _print(_record(_get(world, options.case)), options.json)
            case "decide":
                asker = whoever_asks(world.house, options)
                stage = decide(world.house.steps, asker, Ballot(options.case, Verdict(options.verdict), options.reason))
                told = {"case": options.case, "stage": stage, "person": asker.party, "verdict": options.verdict}
                _print(told, options.json)
            case _:
                _list(world, options.json)
    return 0


def _get(world: Existing, case_id: str) -> CaseRow:
    with world.house.database.read() as tx:
        return cases.get(tx, case_id)


def _list(world: Existing, as_json: bool) -> None:
    with world.house.database.read() as tx:
        waiting = cases.list(tx, CaseState.OPEN)
    if as_json:
        print(json.dumps([_record(case) for case in waiting], ensure_ascii=False))
        return
    for case in waiting:
        reasons = "; ".join(finding["text"] for finding in case.findings)
        print(f"{case.id}  until {case.deadline:%Y-%m-%d %H:%M} UTC  {', '.join(case.roles)}  {reasons}")
    if not waiting:
        print("no case waits")


def _record(case: CaseRow) -> dict[str, Any]:
    return {
        "id": case.id,
        "state": str(case.state),
        "opened_at": case.opened_at.isoformat(),
        "deadline": case.deadline.isoformat(),
        "roles": list(case.roles),
        "approvals": case.approvals,
        "planted": case.planted,
        "summary": case.summary,
        "summary_by": case.summary_by,
        "findings": list(case.findings),
        "precedents": list(case.precedents),
        "evidence": dict(case.evidence),
        "evidence_hash": case.evidence_hash,
    }


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    for name, value in record.items():
        print(f"{name}: {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False, indent=2)}")
