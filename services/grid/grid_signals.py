"""Grid operators' signals taken in, once each, and stops resumed by two people.

Who is known and signs may limit and stop. Who is not known may only stop, on the emergency door: that holds new
trading, sounds an alarm and asks people. Nothing but two people in different roles lets held trading go on.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from domain.account import AccountRole
from domain.canonical import digest
from domain.errors import Conflict, Fault, InputRefused, PermissionDenied, RuleBroken
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind, stops
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.grid_signals import sense_faults, signed_by, trust_faults
from memory import alarms
from memory.grid import grid_signals
from memory.grid.grid_signals import Resumption
from services.opening import RULES
from services.orders.order_book import Desk
from services.ports import SignalSource

CONFLICT, STOPPED, FLOOD = "grid.signal.conflict", "grid.stop", "grid.stop.flood"
GATEWAY = "gateway"
GATEWAY_SOURCES = "openadr"
"""What OpenADR brings is signed by the Gateway agent, under sources whose names begin so."""
EMERGENCY_SOURCE = "emergency-door"
SAFE_MODE_SOURCE = "safe-mode"
EMERGENCY_PER_HOUR_MAX = 3
HOLD_DAYS = 366
REASON_LENGTH_MIN = 20
RESUMING = (AccountRole.OPERATOR, AccountRole.GRID, AccountRole.ADMIN)


class Taken(NamedTuple):
    """What became of a signal. new: False when it was known."""

    name: str
    new: bool


def take_in(desk: Desk, source: SignalSource) -> list[Taken]:
    """Take in all that a source says now. Raises as :func:`accept`, at the first that is refused."""
    return [accept(desk, signal) for signal in source.signals()]


def accept(desk: Desk, signal: GridSignal) -> Taken:
    """Take a signal in, once. Raises InputRefused with every fault, Conflict when its name has other content."""
    check(desk, [signal])
    try:
        return _keep(desk, signal)
    except Conflict as differs:
        with desk.steps.database.begin("alarm") as tx:
            body = {"signal": signal.name, "digest": digest(signal.record()), "reason": signal.reason}
            alarms.sound(tx, desk.steps.clock(), CONFLICT, signal.name, body)
        raise Conflict(f"{signal.name} was said before with other content; the first stays ({differs})") from None


def signed(desk: Desk, signal: GridSignal) -> GridSignal:
    """The signal under the Gateway agent's signature, for sources that it has authenticated in their own way."""
    return signed_by(signal, desk.steps.keys.sign(GATEWAY, signal.signed_bytes))


def check(desk: Desk, signals: Iterable[GridSignal]) -> None:
    """Raises InputRefused with what speaks against signed signals, and takes none of them in."""
    with desk.steps.database.read() as tx:
        found = [fault for each in signals for fault in _faults(tx, desk, each)]
    if found:
        raise InputRefused(found)


def emergency_stop(desk: Desk, reason: str, contact: str) -> Taken | None:
    """A stop of all trading by whoever asks; None when three of the last hour must do.

    The same again within the hour counts once.
    """
    named = digest({"reason": reason, "contact": contact, "hour": f"{desk.steps.clock():%Y-%m-%dT%H}"})[:16]
    stop = _stop(desk, EMERGENCY_SOURCE, named, " ".join(f"{reason} ({contact})".split()))
    return None if _is_flood(desk, stop) else _keep(desk, stop)


def hold_site(desk: Desk, site_id: str, reason: str) -> Taken:
    """A stop of one site's trading by the rules themselves, once for a reason; two people resume it like any other."""
    named = digest({"site": site_id, "reason": reason})[:16]
    return _keep(desk, replace(_stop(desk, SAFE_MODE_SOURCE, named, reason), extent=Extent.SITE, target=site_id))


def resume(desk: Desk, asker: Principal, signal: str, reason: str, role: AccountRole | None = None) -> Resumption:
    """Write down that one person lets a stop end, in one of the roles it holds; the word as it stands on record.

    role: in which; the first it holds that has not spoken when none is named. Raises InputRefused with every reason
    why it does not count, PermissionDenied when the page of policies does not permit it.
    """
    with desk.steps.database.begin("grid-resume") as tx:
        grid_signals.lock(tx)
        if faults := _resume_faults(tx, signal, reason):
            raise InputRefused(faults)
        first = next((each for each in grid_signals.resumptions(tx) if each.signal == signal), None)
        confirmed = Record() if first is None else Record(confirmed_by=first.person, confirmed_as=first.role)
        require(asker, Action.RESUME_MARKET, confirmed)
        acts_as = _acting(asker, role, first)
        said = Resumption(signal, acts_as, asker.account, reason, desk.steps.clock())
        grid_signals.resume(tx, said)
        desk.steps.note(tx, RULES, "grid.resume", signal, {"role": acts_as, "person": asker.account, "reason": reason})
    return said


def resumed(said: Iterable[Resumption]) -> frozenset[str]:
    """The stops that two different people in two different roles resumed, by name."""
    people: dict[str, dict[str, str]] = {}
    for each in said:
        people.setdefault(each.signal, {})[each.role] = each.person
    return frozenset(signal for signal, by_role in people.items() if len(set(by_role.values())) > 1)


def holding(tx: Connection, desk: Desk, slot: int) -> list[GridSignal]:
    """The stops, of any extent, that hold a slot now."""
    end = desk.time.slot(slot).end
    return stops(grid_signals.every(tx), end, resumed(grid_signals.resumptions(tx)))


def knows(desk: Desk, signal: GridSignal) -> bool:
    """Whether what a signal names is here; a site may have left since it was said."""
    feeder = desk.connections.feeder
    known = {
        Extent.FEEDER: ("",),
        Extent.BRANCH: feeder.branch_names[1:],
        Extent.NODE: feeder.names,
        Extent.SITE: tuple(desk.roster.ids),
    }
    return signal.target in known[signal.extent]


def require_running(tx: Connection, desk: Desk, slot: int) -> None:
    """Raises RuleBroken, naming stop and reason, while one holds all trading of a slot."""
    held = [each for each in holding(tx, desk, slot) if each.extent is Extent.FEEDER]
    if held:
        raise RuleBroken(
            f"stopped by {held[0].source} ({held[0].name}): {held[0].reason}; "
            "trading goes on when two people in different roles resume it: gridpact grid resume"
        )


def _stop(desk: Desk, source: str, named: str, reason: str) -> GridSignal:
    """A stop of all trading, from the beginning of this hour on."""
    begins = desk.steps.clock().replace(minute=0, second=0, microsecond=0)
    ends = begins + timedelta(days=HOLD_DAYS)
    return GridSignal(
        source=source,
        id=named,
        revision=0,
        audience=desk.market,
        kind=SignalKind.STOP,
        extent=Extent.FEEDER,
        target="",
        value=0,
        unit=LimitUnit.W,
        starts=begins,
        ends=ends,
        expires=ends,
        reason=reason,
    )


def _is_flood(desk: Desk, stop: GridSignal) -> bool:
    """Whether the emergency door has taken all it takes in an hour; what is known already floods nothing."""
    now = desk.steps.clock()
    with desk.steps.database.begin("grid-flood") as tx:
        grid_signals.lock(tx)
        lately = grid_signals.since(tx, stop.source, now - timedelta(hours=1))
        flood = lately >= EMERGENCY_PER_HOUR_MAX and stop.name not in {each.name for each in grid_signals.every(tx)}
        if flood:
            alarms.sound(tx, now, FLOOD, stop.source, {"hour": f"{now:%Y-%m-%dT%H}"})
    return flood


def _keep(desk: Desk, signal: GridSignal) -> Taken:
    now = desk.steps.clock()
    with desk.steps.database.begin("grid-signal") as tx:
        grid_signals.lock(tx)
        new = grid_signals.add(tx, signal, now)
        if new:
            desk.steps.note(tx, RULES, "grid.signal", signal.name, signal.record())
        if new and signal.kind is SignalKind.STOP:
            alarms.sound(tx, now, STOPPED, signal.name, signal.record() | _words(signal))
    return Taken(signal.name, new)


def _faults(tx: Connection, desk: Desk, signal: GridSignal) -> list[Fault]:
    """What speaks against a signal; what it says of the wires is looked at only when it can be believed."""
    untrusted = trust_faults(signal, _key_of(tx, desk, signal.source), desk.market, desk.steps.clock())
    return untrusted or list(sense_faults(signal)) or _target_faults(desk, signal)


def _key_of(tx: Connection, desk: Desk, source: str) -> bytes | None:
    if source.startswith(GATEWAY_SOURCES):
        return desk.steps.keys.public(GATEWAY)
    return grid_signals.key_of(tx, source)


def _target_faults(desk: Desk, signal: GridSignal) -> list[Fault]:
    if knows(desk, signal):
        return []
    return [Fault("signal:target", "unknown_target", f"no {signal.extent} is called {signal.target!r} here")]


def _resume_faults(tx: Connection, signal: str, reason: str) -> list[Fault]:
    faults = []
    if signal not in {each.name for each in grid_signals.every(tx) if each.kind is SignalKind.STOP}:
        faults.append(Fault("signal", "unknown_stop", f"no stop is called {signal!r}: gridpact grid signals"))
    if signal in resumed(grid_signals.resumptions(tx)):
        faults.append(Fault("signal", "resumed", f"{signal} was resumed by two people already"))
    if len(reason.strip()) < REASON_LENGTH_MIN:
        faults.append(Fault("reason", "no_reason", f"say why it is safe, in {REASON_LENGTH_MIN} characters or more"))
    return faults


def _acting(asker: Principal, named: AccountRole | None, first: Resumption | None) -> AccountRole:
    """The role in which the asker speaks: the one it named, or the first that may. Raises PermissionDenied."""
    may_be = [role for role in RESUMING if role in asker.roles and (first is None or role != first.role)]
    if named is None:
        return may_be[0]  # the page permits nobody who has none
    if named not in may_be:
        raise PermissionDenied(f"{asker.account} cannot resume as {named}; it may as {', '.join(may_be)}")
    return named


def _words(signal: GridSignal) -> dict[str, str]:
    return {
        "text": f"{signal.source} stopped trading: {signal.reason}; two people in different roles resume it",
        "text_ja": f"{signal.source}が取引を停止しました: {signal.reason}。再開には異なる役割の2名が必要です。",
    }
