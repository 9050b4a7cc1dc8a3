"""``gridpact manual``: a day run by hand, from its sheets to its settlement."""

import argparse
import json
from typing import Any

from gateways.hand_form import read_form, write_sheets
from gridpact.existing import Existing, open_existing
from gridpact.looking import market_to_look_at
from gridpact.signing import whoever_asks
from memory.grid import hand_days
from services.byhand.filing import approve_day, file_day, is_approved
from services.byhand.reconciling import reconcile
from services.byhand.sheets import sheets_of

Said = dict[str, Any]


def run(options: argparse.Namespace) -> int:
    """Export, file, list, approve or reconcile; 1 when it is refused, with every fault."""
    with open_existing(options) as world:
        said = VERBS[options.verb](world, options)
    print(json.dumps(said, ensure_ascii=False) if options.json else "\n".join(map(_line, said)) or "nothing")
    return 0


def _export(world: Existing, options: argparse.Namespace) -> list[Said]:
    ctx = market_to_look_at(world)
    with world.house.database.read() as tx:
        sheets = sheets_of(tx, ctx, options.day)
    return [{"file": str(path)} for path in write_sheets(options.to, options.day, sheets)]


def _import(world: Existing, options: argparse.Namespace) -> list[Said]:
    ctx, asker = market_to_look_at(world), whoever_asks(world.house, options)
    form = read_form(options.file, ctx.time)
    filed = file_day(ctx, asker, form.day, form.content, form.rows, form.faults)
    return [{"filing": filed.id, "day": filed.day, "filed_by": filed.filed_by, "lines": len(filed.rows)}]


def _list(world: Existing, options: argparse.Namespace) -> list[Said]:
    with world.house.database.read() as tx:
        return [
            {
                "filing": each.id,
                "day": each.day,
                "filed_by": each.filed_by,
                "lines": len(each.rows),
                "approved_by": [f"{said.account} ({said.role})" for said in hand_days.approvals(tx, each.id)],
                "approved": is_approved(tx, each),
            }
            for each in hand_days.every(tx)
        ]


def _approve(world: Existing, options: argparse.Namespace) -> list[Said]:
    ctx, asker = market_to_look_at(world), whoever_asks(world.house, options)
    approved = approve_day(ctx, asker, options.filing, options.reason)
    return [{"filing": options.filing, "person": asker.account, "approved": approved}]


def _reconcile(world: Existing, options: argparse.Namespace) -> list[Said]:
    ctx = market_to_look_at(world)
    found = reconcile(ctx, str(options.day))
    differing: list[Said] = [each._asdict() | {"slot": ctx.time.label(each.slot)} for each in found.differences]
    return [*differing, {"settled": len(found.settled), "waiting": len(found.waiting), "differing": len(differing)}]


VERBS = {"export": _export, "import": _import, "list": _list, "approve": _approve, "reconcile": _reconcile}


def _line(record: Said) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.items() if value not in ("", []))
