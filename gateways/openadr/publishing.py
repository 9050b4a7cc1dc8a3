"""What the market itself says to VENs of OpenADR 3.1: its prices, and the limits that other doors brought.

Program ``prices`` has one PRICE event a local day, with an interval for every slot whose price is known: the day-ahead
session's first, then the slot's own call. Program ``limits`` has an event for every import or export limit in force or
to come. An event is changed when what it says has changed and deleted when it is over; the bodies are those that any
business logic could have made, and a signal that came in by this VTN is not said twice.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind, in_force
from memory.grid import grid_signals, openadr_objects
from memory.grid.openadr_objects import OpenAdrObject
from memory.trading import clearings, day_ahead
from services.orders.order_book import Desk

OURS = "gridpact:market"
"""The client of what we publish; no client of the settings acts in its name."""
PRICES, LIMITS = "prices", "limits"
PROGRAMS, EVENTS = "programs", "events"
TYPES = {SignalKind.IMPORT_LIMIT: "IMPORT_CAPACITY_LIMIT", SignalKind.EXPORT_LIMIT: "EXPORT_CAPACITY_LIMIT"}
FROM_HERE = "openadr3:"
AHEAD = timedelta(days=7)
PRICES_KEPT = timedelta(days=31)
MJPY_PER_JPY, W_PER_KW, PERMILLE_PER_PERCENT = 1_000, 1_000, 10


class Published(NamedTuple):
    """One object as it is to stand now."""

    id: str
    kind: str
    body: dict[str, Any]


def publish(desk: Desk) -> int:
    """Bring what VENs read up to what the market knows; how many objects changed."""
    now = desk.steps.clock()
    with desk.steps.database.begin("openadr-publish") as tx:
        grid_signals.lock(tx)
        wanted = {each.id: each for each in (*_programs(), *_prices(tx, desk, now), *_limits(tx, now))}
        known = {each.id: each for each in openadr_objects.standing(tx, OURS, wanted)}
        changed = [*_new(wanted, known, now), *_over(wanted, known, now)]
        for each in changed:
            openadr_objects.put(tx, each)
    return len(changed)


def _new(wanted: dict[str, Published], known: dict[str, OpenAdrObject], now: datetime) -> Iterator[OpenAdrObject]:
    for each in wanted.values():
        old = known.get(each.id)
        if old is None:
            yield OpenAdrObject(each.id, each.kind, OURS, 0, each.body, [], False, now, now)
        elif old.deleted or old.body != each.body:
            yield OpenAdrObject(each.id, each.kind, OURS, old.revision + 1, each.body, [], False, old.created_at, now)


def _over(wanted: dict[str, Published], known: dict[str, OpenAdrObject], now: datetime) -> Iterator[OpenAdrObject]:
    """Limits that are asked no more, and prices of a month ago."""
    for old in known.values():
        kept = old.body.get("programID") == PRICES and old.created_at > now - PRICES_KEPT
        if old.id not in wanted and not old.deleted and not kept:
            yield OpenAdrObject(old.id, old.kind, OURS, old.revision + 1, old.body, [], True, old.created_at, now)


def _programs() -> Iterator[Published]:
    price = {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE", "units": "KWH", "currency": "JPY"}
    yield Published(PRICES, PROGRAMS, {"programName": PRICES, "payloadDescriptors": [price]})
    yield Published(LIMITS, PROGRAMS, {"programName": LIMITS})


def _prices(tx: Connection, desk: Desk, now: datetime) -> Iterator[Published]:
    """The prices of today and tomorrow, JPY a kWh with three places, exactly."""
    today = desk.time.day_of(desk.time.at(now))
    for day in (today, today + timedelta(days=1)):
        known = _prices_of(tx, desk, day)
        if known:
            body = {
                "programID": PRICES,
                "eventName": f"{PRICES} {day}",
                "payloadDescriptors": [{"payloadType": "PRICE", "units": "KWH", "currency": "JPY"}],
                "intervals": [
                    _interval(at, desk.time.start(slot), desk.time.slot_min * 60, "PRICE", mjpy / MJPY_PER_JPY)
                    for at, (slot, mjpy) in enumerate(sorted(known.items()))
                ],
            }
            yield Published(f"{PRICES}-{day}", EVENTS, body)


def _prices_of(tx: Connection, desk: Desk, day: date) -> dict[int, int]:
    """By slot, mJPY/kWh."""
    slots, held = desk.time.slots_of(day), day_ahead.session(tx, day)
    ahead = dict(held.price_mjpy_per_kwh) if held else {}
    called = {
        each.slot: each.price_mjpy_per_kwh
        for each in clearings.between(tx, slots[0], slots[-1])
        if each.price_mjpy_per_kwh is not None
    }
    return ahead | called


def _limits(tx: Connection, now: datetime) -> Iterator[Published]:
    for each in in_force(grid_signals.every(tx), now, now + AHEAD, now):
        if each.kind in TYPES and not each.source.startswith(FROM_HERE):
            named = hashlib.sha256(f"{each.source}/{each.id}".encode()).hexdigest()[:24]
            yield Published(f"limit-{named}", EVENTS, _limit(each))


def _limit(signal: GridSignal) -> dict[str, Any]:
    kind, lasts_s = TYPES[signal.kind], int((signal.ends - signal.starts).total_seconds())
    watts = signal.unit is LimitUnit.W
    value = signal.value / W_PER_KW if watts else signal.value / PERMILLE_PER_PERCENT
    named = {} if signal.extent is Extent.FEEDER else {"targets": [f"{signal.extent}:{signal.target}"]}
    return named | {
        "programID": LIMITS,
        "eventName": signal.reason or signal.id,
        "priority": max(255 - signal.priority, 0),
        "payloadDescriptors": [{"payloadType": kind, "units": "KW" if watts else "PERCENT"}],
        "intervals": [_interval(0, signal.starts, lasts_s, kind, value)],
    }


def _interval(number: int, starts: datetime, lasts_s: int, kind: str, value: float) -> dict[str, Any]:
    return {
        "id": number,
        "intervalPeriod": {"start": f"{starts:%Y-%m-%dT%H:%M:%SZ}", "duration": f"PT{lasts_s}S"},
        "payloads": [{"type": kind, "values": [value]}],
    }
