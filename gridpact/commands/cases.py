"""``gridpact cases``: the people's side of a demonstration or a live market, on the command line."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.case import QueueOrder, ReasonCode, Verdict
from domain.errors import Fault, InputRefused
from domain.party import Expertise
from gridpact.existing import Existing, open_existing
from gridpact.signing import whoever_asks
from identity.authorisation import Principal
from memory import cases
from memory.cases import CaseRow
from memory.casework import claims, queue
from memory.casework.queue import Wanted
from memory.window import Window
from services.cases.amending import amend, consent
from services.cases.asking import answer, ask, escalate
from services.cases.bulk import decide_alike
from services.cases.cases import Ballot, decide
from services.cases.claiming import claim, delegate, release
from services.cases.queue import file_of, usual_order
from services.steps import Steps

LISTED_MAX = 10_000


def run(options: argparse.Namespace) -> int:
    """List, show, claim, ask about, amend or decide cases; 1 when it is refused."""
    with open_existing(options) as world:
        if options.verb == "show":
            _print(_record(_get(world, options.case)), options.json)
        elif options.verb == "file":
            _print(_file(world, options.case), options.json)
        elif options.verb in VERBS:
            asker = whoever_asks(world.house, options)
            _print(_plain(VERBS[options.verb](world.house.steps, asker, options)), options.json)
        else:
            _list(world, options)
    return 0


def _decide(steps: Steps, asker: Principal, options: argparse.Namespace) -> dict[str, Any]:
    """Sign for the evidence that ``--shown`` names, or for what stands now, which is told with the answer."""
    verdict, code = Verdict(options.verdict), ReasonCode(options.reason_code) if options.reason_code else None
    ballots = [
        Ballot(each, verdict, options.reason, options.shown or _hash(steps, each), code) for each in options.case
    ]
    if len(ballots) > 1:
        return {"cases": decide_alike(steps, asker, ballots), "person": asker.party, "verdict": options.verdict}
    stage = decide(steps, asker, ballots[0])
    told = {"case": ballots[0].case_id, "stage": stage, "person": asker.party, "verdict": options.verdict}
    return told | {"evidence_hash": ballots[0].shown}


def _hash(steps: Steps, case_id: str) -> str:
    with steps.database.read() as tx:
        return cases.get(tx, case_id).evidence_hash


def _release(steps: Steps, asker: Principal, options: argparse.Namespace) -> dict[str, Any]:
    release(steps, asker, options.case)
    return {"case": options.case, "released_by": asker.account}


def _amend(steps: Steps, asker: Principal, options: argparse.Namespace) -> dict[str, Any]:
    try:
        changes = json.loads(options.changes)
    except ValueError:
        changes = None
    if not isinstance(changes, dict) or not changes:
        raise InputRefused([Fault("CHANGES", "wrong_form", 'write them as JSON: {"price_mjpy_per_kwh": 12000}')])
    return asdict(amend(steps, asker, options.case, changes, options.reason))


def _answer(steps: Steps, asker: Principal, options: argparse.Namespace) -> dict[str, Any]:
    return {"case": options.case, "evidence": answer(steps, asker, options.case, options.number, options.text)}


def _escalate(steps: Steps, asker: Principal, options: argparse.Namespace) -> dict[str, Any]:
    roles = escalate(steps, asker, options.case, Expertise(options.to), options.reason)
    return {"case": options.case, "roles": roles}


VERBS: dict[str, Callable[[Steps, Principal, argparse.Namespace], Mapping[str, Any]]] = {
    "decide": _decide,
    "claim": lambda steps, asker, options: asdict(claim(steps, asker, options.case)),
    "release": _release,
    "delegate": lambda steps, asker, options: asdict(delegate(steps, asker, options.case, options.to)),
    "ask": lambda steps, asker, options: asdict(ask(steps, asker, options.case, options.party, options.text)),
    "answer": _answer,
    "escalate": _escalate,
    "amend": _amend,
    "consent": lambda steps, asker, options: asdict(consent(steps, asker, options.amendment)),
}


def _get(world: Existing, case_id: str) -> CaseRow:
    with world.house.database.read() as tx:
        return cases.get(tx, case_id)


def _file(world: Existing, case_id: str) -> dict[str, Any]:
    with world.house.database.read() as tx:
        file = file_of(tx, case_id)
    decided = [{"stage": each.stage, "person": each.person, "verdict": str(each.verdict)} for each in file.decisions]
    beside = {"claim": file.claim and asdict(file.claim), "decisions": decided, "trail": file.trail}
    beside |= {"questions": [asdict(each) for each in file.questions]}
    beside |= {"amendments": [asdict(each) for each in file.amendments]}
    return _record(file.case) | {name: _plain(value) for name, value in beside.items()}


def _list(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        order = QueueOrder(options.order) if getattr(options, "order", None) else usual_order(tx)
        wanted = Wanted(role=getattr(options, "role", None), text=getattr(options, "text", None))
        waiting = queue.part(tx, wanted, order, Window(limit=LISTED_MAX))
        held = claims.of_cases(tx, [case.id for case in waiting])
    if options.json:
        print(json.dumps([_record(case) for case in waiting], ensure_ascii=False))
        return
    for case in waiting:
        reasons = "; ".join(finding["text"] for finding in case.findings)
        by = f"  in hand: {held[case.id].account_id}" if case.id in held else ""
        print(f"{case.id}  until {case.deadline:%Y-%m-%d %H:%M} UTC  {', '.join(case.roles)}{by}  {reasons}")
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
        "claims": list(case.claims),
        "findings": list(case.findings),
        "precedents": list(case.precedents),
        "evidence": dict(case.evidence),
        "evidence_hash": case.evidence_hash,
        "on_timeout": case.on_timeout,
        "harm_ujpy": case.harm_ujpy,
    }


def _plain(record: Any) -> Any:
    """The record as JSON knows it."""
    if isinstance(record, Mapping):
        return {name: _plain(value) for name, value in record.items()}
    if isinstance(record, list | tuple):
        return [_plain(each) for each in record]
    return record.isoformat() if isinstance(record, datetime) else record


def _print(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    for name, value in record.items():
        print(f"{name}: {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False, indent=2)}")
