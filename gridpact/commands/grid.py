"""``gridpact grid``: what grid operators said, who they are, and the two people who resume what was stopped."""

import argparse
import json
from datetime import timedelta
from typing import Any

from domain.account import AccountRole
from domain.errors import Fault, InputRefused, RuleBroken
from domain.grid_signal import Extent, GridSignal, SignalKind, in_force
from gridpact.existing import Existing, open_existing
from gridpact.settings import load_settings
from gridpact.signing import whoever_asks
from gridpact.wiring import open_desk
from identity.keys import KEY_BYTES
from memory.grid import grid_signals
from services.grid.grid_signals import emergency_stop, resume, resumed
from services.grid.grid_state import grid_state
from services.opening import RULES
from services.orders.order_book import Desk

AHEAD = timedelta(days=3660)


def run(options: argparse.Namespace) -> int:
    """List signals, register a source, stop, or resume; 1 when it is refused."""
    with open_existing(options) as world:
        desk = open_desk(world.house)
        if options.verb == "signals":
            _show(_signals(desk, everything=options.all), as_json=options.json)
        elif options.verb == "island":
            _show(_island(world, options), as_json=options.json)
        else:
            said = _resume(world, options) if options.verb == "resume" else VERBS[options.verb](desk, options)
            print(json.dumps(said, ensure_ascii=False) if options.json else _line(said))
    return 0


def _show(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(map(_line, found)) or "no grid signal")


def _signals(desk: Desk, *, everything: bool) -> list[dict[str, Any]]:
    """Every revision, the newest of each signal marked by what it does now."""
    with desk.steps.database.read() as tx:
        every, spoken = grid_signals.every(tx), grid_signals.resumptions(tx)
    lifted, now = resumed(spoken), desk.steps.clock()
    asking = {each.name for each in in_force(every, now, now + AHEAD, now)}
    return [
        each.record()
        | {"signal": each.name, "state": _state(each, asking, lifted)}
        | {"resumed_by": [f"{one.person} ({one.role})" for one in spoken if one.signal == each.name]}
        for each in every
        if everything or _state(each, asking, lifted) in {"asked", "holds"}
    ]


def _state(signal: GridSignal, asking: set[str], lifted: frozenset[str]) -> str:
    """A stop holds until it is resumed; anything else asks until it is over or replaced."""
    if signal.kind is SignalKind.STOP:
        return "resumed" if signal.name in lifted else "holds"
    return "asked" if signal.name in asking else "over"


def _source(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    """Register a source's key, once and for good."""
    try:
        key = bytes.fromhex(options.public_key)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputRefused([Fault("PUBLIC_KEY", "wrong_key", "an Ed25519 key is 64 hex digits")])
    with desk.steps.database.begin("grid-source") as tx:
        if grid_signals.register(tx, options.source, key, options.person, desk.steps.clock()):
            desk.steps.note(tx, RULES, "grid.source", options.source, {"key": key.hex(), "person": options.person})
    return {"source": options.source, "registered_by": options.person}


def _stop(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    taken = emergency_stop(desk, options.reason, options.person)
    if taken is None:
        raise RuleBroken("three stops of this hour are on record already; see gridpact grid signals")
    return {"signal": taken.name, "new": taken.new, "extent": str(Extent.FEEDER)}


def _resume(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    desk, asker = open_desk(world.house), whoever_asks(world.house, options)
    role = AccountRole(options.role) if options.role else None
    said = resume(desk, asker, options.signal, options.reason, role)
    with desk.steps.database.read() as tx:
        lifted = said.signal in resumed(grid_signals.resumptions(tx))
    return {"signal": said.signal, "role": str(said.role), "person": said.person, "lifted": lifted}


def _island(world: Existing, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What each site of an island is served, sheds, and does with its battery and panels in a slot."""
    from gridpact.looking import market_to_look_at
    from services.grid.island import island_plan

    ctx = market_to_look_at(world)
    with ctx.database.read() as tx:
        plan = island_plan(tx, ctx, ctx.time.at(options.slot), options.first, options.last)
    return [each._asdict() for each in plan]


def _poll(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    """Ask a VTN once; by event, whether it is followed, or why not."""
    from gateways.openadr.ven import question
    from gridpact.vtn_line import ven_of

    known = load_settings().openadr_vtns
    if options.vtn not in known:
        raise InputRefused([Fault("VTN", "unknown_vtn", f"gridpact.toml names {', '.join(known) or 'none'}")])
    followed = ven_of(options.vtn, known[options.vtn], desk).poll(question(desk.steps.clock()))
    said = {event: "optIn" if fault is None else f"optOut: {fault.message}" for event, fault in followed.items()}
    return said or {"events": "none"}


def _state_now(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    now = desk.steps.clock()
    with desk.steps.database.read() as tx:
        return {"state": str(grid_state(tx, now)), "at": now.isoformat()}


VERBS = {"source": _source, "state": _state_now, "stop": _stop, "poll": _poll}


def _line(record: dict[str, Any]) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.items() if value not in ("", []))
