"""Histories of meters that somebody plays with: an honest beginning, then lies of every kind, drawn from a seed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from coincurve import PrivateKey
from coincurve.ecdsa import der_to_cdata, serialize_compact

from domain.canonical import canonical_bytes
from domain.reading import Reading
from domain.site import Device, DeviceKind
from domain.slot import Slot
from identity.keys import SECP256K1_ORDER, key_id, seeded_key, seeded_secret
from identity.signatures import Envelope, unsigned
from identity.wire import to_wire

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
LAST = Slot.at(NOW).index - 1
AUDIENCE = "local"
Record = Any


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter and its key, on one curve or the other."""

    name: str
    on_secp256k1: bool

    @property
    def public(self) -> bytes:
        if self.on_secp256k1:
            return PrivateKey(seeded_secret(1, self.name)).public_key.format()
        return seeded_key(1, self.name).public_key().public_bytes_raw()

    @property
    def device(self) -> Device:
        return Device(self.name, f"site-{self.name}", DeviceKind.METER, 0, public_key=self.public)

    def sign(self, bare: Envelope) -> Envelope:
        if self.on_secp256k1:
            der = PrivateKey(seeded_secret(1, self.name)).sign(bare.header)
            return replace(bare, signature=serialize_compact(der_to_cdata(der)))
        return replace(bare, signature=seeded_key(1, self.name).sign(bare.header))

    def seal(self, *readings: Reading, columns: bool = False, **changes: Any) -> Envelope:
        given: dict[str, Any] = {"created_at": NOW, "audience": AUDIENCE} | changes
        return self.sign(unsigned(self.public, readings, columns=columns, **given))


METERS = tuple(Meter(f"M{number:03}", number % 3 == 0) for number in range(100))


@dataclass(frozen=True, slots=True)
class History:
    """What one meter really sent, and what somebody sends afterwards, as it stands on the wire."""

    honest: list[Envelope]
    hostile: list[Record]


def history(chance: Random, boot: int) -> History:
    """One to four envelopes of the truth, then one to six lies about it; every boot is a name space of its own."""
    meter, stranger = chance.sample(METERS, 2)
    honest, counter = [], 0
    for _ in range(chance.randint(1, 4)):
        count = chance.randint(1, 5)
        run = [_reading(chance, meter, boot, counter + at) for at in range(count)]
        honest.append(meter.seal(*run, columns=chance.random() < 0.5))
        counter += count
    lies = list(_lies(chance, meter, stranger, chance.choice(honest), boot, counter))
    return History(honest, [chance.choice(lies)() for _ in range(chance.randint(1, 6))])


def _reading(chance: Random, meter: Meter, boot: int, counter: int) -> Reading:
    slot = LAST - chance.randint(0, 40 * 48)  # late ones and several partitions among them
    return Reading(meter.name, boot, counter, slot, chance.randint(0, 5_000), 0, chance.randint(0, 500))


def _lies(
    chance: Random, meter: Meter, stranger: Meter, known: Envelope, boot: int, counter: int
) -> Iterator[Callable[[], Record]]:
    """Ways to lie. ``known`` was sent before, ``counter`` is the first that was not."""
    fresh = _reading(chance, meter, boot, counter)

    def said(payload: Record) -> Record:
        bare = unsigned(meter.public, [fresh], created_at=NOW, audience=AUDIENCE)
        content = payload if isinstance(payload, bytes) else canonical_bytes(payload)
        return to_wire(meter.sign(replace(bare, payload=content)))

    yield lambda: to_wire(known)
    yield lambda: to_wire(meter.sign(replace(known, created_at=NOW - timedelta(days=chance.randint(1, 40)))))
    yield from _forgeries(chance, meter, stranger, meter.seal(fresh))
    for changed in _contradictions(chance, known):
        yield lambda changed=changed: to_wire(meter.sign(changed))  # type: ignore[misc]
    for wrong in _out_of_time(fresh):
        yield lambda wrong=wrong: to_wire(meter.seal(wrong))  # type: ignore[misc]
    yield lambda: to_wire(meter.seal(fresh, audience="elsewhere"))
    yield lambda: to_wire(meter.seal(fresh, created_at=NOW + timedelta(minutes=6)))
    yield lambda: to_wire(meter.seal(fresh, created_at=NOW - timedelta(days=46)))
    for payload in _malformed(fresh.slot):
        yield lambda payload=payload: said(payload)  # type: ignore[misc]
    yield lambda: _misshapen(chance, to_wire(meter.seal(fresh)))


def _forgeries(chance: Random, meter: Meter, stranger: Meter, good: Envelope) -> Iterator[Callable[[], Record]]:
    """Signed by another, altered after signing, or under a signature that is nobody's."""
    borrowed = replace(stranger.sign(good), signature=stranger.sign(good).signature)
    bit = 1 << chance.randrange(8)
    at = chance.randrange(64)
    flipped = good.signature[:at] + bytes([good.signature[at] ^ bit]) + good.signature[at + 1 :]
    yield lambda: to_wire(borrowed)
    yield lambda: to_wire(stranger.sign(replace(good, key_id=key_id(stranger.public))))
    yield lambda: to_wire(replace(good, device_id=stranger.name))
    yield lambda: to_wire(replace(good, device_id="M999"))
    yield lambda: to_wire(replace(good, signature=flipped))
    yield lambda: to_wire(replace(good, signature=good.signature[:-1]))
    yield lambda: to_wire(replace(good, boot=good.boot + 1))
    yield lambda: to_wire(replace(good, counter_first=good.counter_first + 1))
    yield lambda: to_wire(replace(good, payload=good.payload.replace(b"import_wh", b"export_wh") + b" "))
    if meter.on_secp256k1:
        mirrored = (SECP256K1_ORDER - int.from_bytes(good.signature[32:])).to_bytes(32)
        yield lambda: to_wire(replace(good, signature=good.signature[:32] + mirrored))


def _contradictions(chance: Random, known: Envelope) -> Iterator[Envelope]:
    """The meter's own key, and other content under counters that are taken; another partition, too."""
    taken = json.loads(known.payload)
    rows = taken if isinstance(taken, list) else _rows(taken)
    more = [row | {"import_wh": row.get("import_wh", 0) + chance.randint(1, 9)} for row in rows]
    moved = [row | {"slot": row["slot"] - 32 * 48 if row["slot"] > LAST - 10 * 48 else LAST} for row in rows]
    renamed = [row | {"quality": "corrected"} for row in rows]
    for changed in (more, [each for each in moved if each not in rows] or more, renamed):
        yield replace(known, payload=canonical_bytes(changed))


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    lists = {name: column for name, column in columns.items() if name != "unit"}
    return [{"unit": "Wh"} | {name: each[at] for name, each in lists.items()} for at in range(len(columns["slot"]))]


def _out_of_time(fresh: Reading) -> Iterator[Reading]:
    for slot in (LAST + 1, LAST + 10_000, LAST - 46 * 48, 0):
        yield replace(fresh, slot=slot)
    yield replace(fresh, export_wh=fresh.import_wh + fresh.generation_wh + 1)


def _malformed(slot: int) -> Iterator[Record]:
    good = {"slot": slot, "unit": "Wh"}
    for name, value in (("import_wh", -1), ("import_wh", True), ("import_wh", 10**9 + 1), ("import_wh", "1")):
        yield [good | {name: value}]
        yield {"unit": "Wh", "slot": [slot], name: [value]}
    yield [good | {"unit": "kWh"}]
    yield [good | {"volts": 100}]
    yield [good | {"quality": "perfect"}]
    yield [good, {"unit": "Wh"}]
    yield {"unit": "Wh", "slot": [slot], "import_wh": [1, 2]}
    yield from (b"[]", b"{}", b"null", b"[1.5]", b"[" * 10_000, b'[{"slot":1e3,"unit":"Wh"}]', b"")


def _misshapen(chance: Random, record: dict[str, Any]) -> Record:
    """An envelope with a field gone or of another kind."""
    name = chance.choice(sorted(record))
    wrong: Any = chance.choice([None, [], {}, -1, 1.5, True, "\0", "x" * 10])
    rest = {each: value for each, value in record.items() if each != name}
    return chance.choice([rest, rest | {name: wrong}, [record], None, 7])
