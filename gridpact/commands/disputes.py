"""``gridpact disputes``: money between parties in dispute, from the complaint to who was paid.

Rulings of mediators and reviewers are decisions of cases (``gridpact cases decide``); here stands what both sides say,
and what a body outside ruled.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.dispute import DisputeWord
from domain.errors import Fault, InputRefused
from gridpact.existing import Existing, open_existing
from gridpact.looking import market_to_look_at
from gridpact.signing import whoever_asks
from gridpact.wiring import load_rules
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from policies.unit import whole
from services.disputes.answering import record_ruling, say
from services.disputes.docket import Docket
from services.disputes.moving import attend_disputes
from services.disputes.noticing import notice_trouble
from services.disputes.opening import Complaint, open_dispute

Record = Mapping[str, Any]


def run(options: argparse.Namespace) -> int:
    """List, show, open, answer and move disputes; 1 when it is refused."""
    with open_existing(options) as world:
        found = VERBS.get(options.verb, _list)(world, options)
    if options.json:
        print(json.dumps(_plain(found), ensure_ascii=False))
        return 0
    for each in found if isinstance(found, list) else [found]:
        print("  ".join(f"{name} {_plain(value)}" for name, value in each.items() if value not in (None, "")))
    if found == []:
        print("nothing is disputed")
    return 0


def _list(world: Existing, options: argparse.Namespace) -> list[Record]:
    with world.house.database.read() as tx:
        return [_line(each) for each in disputes.every(tx, getattr(options, "party", None))]


def _show(world: Existing, options: argparse.Namespace) -> Record:
    with world.house.database.read() as tx:
        row, acts = disputes.get(tx, options.dispute), disputes.acts(tx, options.dispute)
    return asdict(row) | {"acts": [asdict(each) for each in acts]}


def _types(world: Existing, options: argparse.Namespace) -> list[Record]:
    with world.house.database.read() as tx:
        rules = _docket(world).of_today(tx)
    types = [{"type": each.id, "name": each.name_en, **each.says} for each in rules.types.values()]
    return [*types, *({"step": each.id, "name": each.name_en, **each.says} for each in rules.steps.values())]


def _open(world: Existing, options: argparse.Namespace) -> Record:
    asker, last = whoever_asks(world.house, options), options.to or options.slot
    amount = _ujpy(options.jpy)
    claim = Complaint(options.type, options.site, options.slot, last, amount, options.says, options.contract)
    return _line(open_dispute(_docket(world), asker, claim))


def _say(world: Existing, options: argparse.Namespace) -> Record:
    asker = whoever_asks(world.house, options)
    return asdict(say(world.house.steps, asker, options.dispute, DisputeWord(options.verb), options.reason))


def _rule(world: Existing, options: argparse.Namespace) -> Record:
    asker, due = whoever_asks(world.house, options), _ujpy(options.jpy)
    return asdict(record_ruling(world.house.steps, asker, options.dispute, due, options.body, options.reason))


def _notice(world: Existing, options: argparse.Namespace) -> Record:
    return notice_trouble(market_to_look_at(world), options.day)


def _attend(world: Existing, options: argparse.Namespace) -> Record:
    return {"moves": attend_disputes(market_to_look_at(world))}


VERBS: dict[str, Callable[[Existing, argparse.Namespace], list[Record] | Record]] = {
    "show": _show,
    "types": _types,
    "open": _open,
    "rule": _rule,
    "notice": _notice,
    "attend": _attend,
    **dict.fromkeys(map(str, DisputeWord), _say),
}


def _docket(world: Existing) -> Docket:
    return Docket(world.house.steps, load_rules(world.house.settings), world.house.time)


def _line(row: DisputeRow) -> Record:
    return {
        "id": row.id,
        "type": row.kind,
        "step": str(row.step),
        "outcome": row.outcome and str(row.outcome),
        "party": row.party_id,
        "against": row.against_party,
        "held_ujpy": 0 if row.outcome else row.disputed_ujpy,
        "offered_ujpy": row.offered_ujpy,
        "paid_ujpy": row.paid_ujpy,
        "until": row.deadline,
        "case": row.case_id,
    }


def _ujpy(text: str) -> int:
    try:
        return whole(text, "JPY")
    except ValueError as error:
        raise InputRefused([Fault("jpy", "wrong_amount", str(error))]) from None


def _plain(record: Any) -> Any:
    """The record as JSON knows it."""
    if isinstance(record, Mapping):
        return {name: _plain(value) for name, value in record.items()}
    if isinstance(record, list | tuple):
        return [_plain(each) for each in record]
    return record.isoformat() if isinstance(record, datetime) else record
