"""``gridpact policies``: versions of the rules, drafted, compared, tried on past days, approved, activated, taken back.

Looking needs the data directory; drafting, approving and activating need a fresh sign-in of somebody who may.
"""

import argparse
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from domain.errors import Fault, InputRefused, RuleBroken
from gridpact.existing import Existing, open_existing
from gridpact.progress import Progress
from gridpact.signing import whoever_asks
from gridpact.wiring import load_rules
from memory.trading import rule_decisions
from policies.articles import Section
from policies.compliance import examine
from policies.difference import between
from policies.pack import RulePack
from services.policies import versions
from services.policies.active import find_pack, follow
from services.policies.backtest import Replay, backtest, figures
from services.policies.compliance import known_facts
from services.rules import Rules

DRAFT_BYTES_MAX = 4 * 1024 * 1024
LAST_SLOT = 2**40
Told = dict[str, Any] | list[dict[str, Any]]


def run(options: argparse.Namespace) -> int:
    """Do what the verb says and print it; raises RuleBroken when it is refused."""
    verbs: dict[str, Callable[[Existing, Rules, argparse.Namespace], Told]] = {
        "list": _list,
        "show": _show,
        "diff": _diff,
        "checks": _checks,
        "draft": _draft,
        "backtest": _backtest,
        "approve": _approve,
        "activate": _activate,
        "rollback": _rollback,
    }
    with open_existing(options) as world:
        rules = load_rules(world.house.settings)
        with world.house.database.read() as tx:
            follow(tx, rules)
        told = verbs[options.verb](world, rules, options)
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for each in told if isinstance(told, list) else [told]:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in each.items() if value not in ("", [])))
    return 0


def _list(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    with world.house.database.read() as tx:
        found = versions.standings(tx, rules)
    return [
        {
            "version": each.number,
            "pack": each.pack.id,
            "says": each.pack.version,
            "digest": each.pack.digest[:12],
            "drafted_by": each.account,
            "approved_by": list(each.approved_by),
            "active_from": [str(day) for day in each.active_from],
            "reason": each.reason,
        }
        for each in found
    ]


def _show(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    """Every trigger with its bands, then every article."""
    pack = _pack(world, rules, options.version)
    triggers = [
        {
            "trigger": each.id,
            "name": each.name_en,
            "name_ja": each.name_ja,
            "bands": [
                _band(band.action, band.roles, band.approvals, pack.sla_min.get(band.sla)) for band in each.bands
            ],
            "unknown": _band(each.unknown.action, each.unknown.roles, each.unknown.approvals, None),
            "on_unknown": each.unknown.note,
            "source": list(each.sources),
        }
        for each in sorted(pack.triggers.values(), key=lambda trigger: trigger.id)
    ]
    articles = [
        {"section": str(section), "id": each.id, "name": each.name_en, "name_ja": each.name_ja, **each.says}
        for section in Section
        for each in pack.articles[section].values()
    ]
    return triggers + articles


def _band(action: str, roles: tuple[str, ...], approvals: int, deadline_min: int | None) -> str:
    people = f" {approvals} of {'+'.join(roles)}" if roles else ""
    return f"{action}{people}" + (f" within {deadline_min} min" if deadline_min is not None else "")


def _diff(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    before, after = (_pack(world, rules, number) for number in (options.version, options.other))
    return [change._asdict() for change in between(before, after)]


def _checks(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    """Every compliance check: met, broken, or unknown because nobody has shown it."""
    pack = _pack(world, rules, options.version)
    with world.house.database.read() as tx:
        known = known_facts(tx, Rules(pack, rules.area), options.day or world.house.steps.clock().date())
    return [
        {"check": each.article.id, "shown": str(each.shown), "name": each.article.name_en, **each.article.says}
        for each in examine(pack, known)
    ]


def _draft(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    kept = versions.draft(world.house.steps, rules, asker, _read(options.file), options.reason)
    return {"version": kept.number, "digest": kept.pack, "drafted_by": kept.account_id}


def _approve(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    word = versions.approve(world.house.steps, asker, options.version, options.reason)
    return {"version": word.number, "approved_by": word.account_id, "digest": word.pack}


def _activate(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    house, asker = world.house, whoever_asks(world.house, options)
    made = versions.activate(house.steps, rules, house.time, asker, options.version, options.day, options.reason)
    return {"version": made.number, "active_from": str(made.from_day), "activated_by": made.account_id}


def _rollback(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    house, asker = world.house, whoever_asks(world.house, options)
    made = versions.rollback(house.steps, rules, house.time, asker, options.day, options.reason)
    return {"version": made.number, "active_from": str(made.from_day), "activated_by": made.account_id}


def _backtest(world: Existing, rules: Rules, options: argparse.Namespace) -> Told:
    """Which contracts would flip on the stored days, with the figures before and after."""
    time, after = world.house.time, _pack(world, rules, options.version)
    with world.house.database.read() as tx:
        days = _days(options, [time.day_of(slot) for slot in rule_decisions.span(tx)])
        with Progress(quiet=options.json).bar("judging again", len(days)) as advance:
            found = backtest(tx, rules, time, days, after, lambda day: advance(1, str(day)))
    head = {"version": options.version, "days": found.days, "contracts": len(found.before), "flips": len(found.flips)}
    whole = head | {"changed_since": found.changed_since} | _sides(found)
    if options.json:
        return whole | {"flipped": [each._asdict() for each in found.flips]}
    sides = [{"": side, **said} for side, said in _sides(found).items()]
    flips = [
        {"at": time.label(each.slot), "contract": each.contract[:12], "": f"{each.before} -> {each.after}",
         "by": ", ".join(each.triggers)}
        for each in found.flips
    ]  # fmt: skip
    return [head | {"changed_since": found.changed_since}, *sides, *flips]


def _sides(found: Replay) -> dict[str, dict[str, Any]]:
    return {"before": figures(found.before), "after": figures(found.after)}


def _days(options: argparse.Namespace, known: list[date]) -> list[date]:
    """The local days asked for, of those that hold decisions. Raises RuleBroken when there is none."""
    if not known:
        raise RuleBroken("no decision is on record yet: nothing can be judged again")
    first, last = max(known[0], options.first or known[0]), min(known[1], options.last or known[1])
    return [first + timedelta(place) for place in range((last - first).days + 1)]


def _pack(world: Existing, rules: Rules, number: int) -> RulePack:
    with world.house.database.read() as tx:
        return find_pack(tx, rules, number)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(DRAFT_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise InputRefused([Fault(str(path), "not_read", f"this file cannot be read: {unreadable}")]) from None
