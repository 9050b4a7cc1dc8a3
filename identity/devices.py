"""Whether a meter's envelope may be believed. Every fault at once, each with a word for programs.

What a device says twice under one counter is decided where readings are kept: same content counts once, other content
is a conflict.
"""

from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from domain.errors import Fault
from domain.reading import REGISTERS, Reading
from domain.reading_batch import ReadingBatch
from domain.site import SIGNING, Device, DeviceKind
from domain.slot import Slot
from identity.keys import key_id
from identity.payload import batch_of
from identity.signatures import Envelope, verify
from memory.devices.device_keys import RetiredKey

KEY_STOPPED, KEY_RETIRED = "key_stopped", "key_retired"
CLOCK_SKEW = timedelta(minutes=5)
SLOT_SKEW = timedelta(seconds=60)
STALE_AFTER = timedelta(days=45)
UNPROVED = frozenset({"unknown_device", "wrong_key", "wrong_signature", KEY_STOPPED, KEY_RETIRED})


def read_envelope(
    envelope: Envelope,
    device: Device | None,
    now: datetime,
    audience: str,
    *,
    retired: RetiredKey | None = None,
    backfill: bool = False,
    slot_min: int = 30,
    kept_from: int = 0,
) -> tuple[ReadingBatch | None, list[Fault]]:
    """The envelope's readings where they can be read, and every reason not to believe it; without one it is admitted.

    device: the registered device of that id, None when there is none. retired: the key that the envelope names, when
    the device had it before. audience: the market we are. backfill: old readings are welcome, e.g. when a community
    joins with its past. slot_min: minutes of the market's slots. kept_from: the first slot whose readings are still
    kept. The payload is looked at only when the signature holds: before that it is anybody's text.
    """
    where = f"envelope {envelope.device_id}/{envelope.boot}/{envelope.counter_first}"
    faults = _sender_faults(envelope, device, retired, now, where)
    faults += _header_faults(envelope, now, audience, backfill, where)
    if any(fault.code in UNPROVED for fault in faults):
        return None, faults
    batch = batch_of(envelope, f"{where}:payload")
    if not isinstance(batch, ReadingBatch):
        return None, faults + batch
    assert device is not None, "an unknown device has a fault"
    faults += _content_faults(batch, device.kind, now, backfill, slot_min, where)
    return batch, faults + _let_go(batch, kept_from, where)


def _content_faults(
    batch: ReadingBatch, kind: DeviceKind, now: datetime, backfill: bool, slot_min: int, where: str
) -> list[Fault]:
    """What is wrong with the readings' times and amounts; the bounds are worked out once for all of them."""
    earliest, latest = _slots_welcome(now, backfill, slot_min)
    wrong = (batch.slot < earliest) | (batch.slot > latest) | (batch.load_wh < 0)
    if kind is DeviceKind.EV_CHARGER:
        wrong[:] = True
    return [
        fault
        for place in np.flatnonzero(wrong).tolist()
        for fault in _reading_faults(batch.reading(place), kind, slot_min, now, backfill, f"{where}:payload[{place}]")
    ]


@lru_cache(maxsize=8)
def _slots_welcome(now: datetime, backfill: bool, slot_min: int) -> tuple[int, int]:
    """The first and the last slot that may be told of; the same for all envelopes of a call."""
    earliest = 0 if backfill else Slot.at(now - STALE_AFTER, slot_min).index
    return earliest, Slot.at(now + SLOT_SKEW, slot_min).index - 1


def _let_go(batch: ReadingBatch, kept_from: int, where: str) -> list[Fault]:
    if not kept_from:
        return []
    return [
        Fault(f"{where}:payload[{place}]:slot", "let_go", f"readings before slot {kept_from} are no longer kept")
        for place in np.flatnonzero(batch.slot < kept_from).tolist()
    ]


def key_faults(device: Device, retired: RetiredKey | None, named: str, now: datetime, where: str) -> list[Fault]:
    """Why a device may not speak under the key that it names: it is none of its own, outlived, or was stopped.

    A key that was stopped is refused even where it still stands with the device.
    """
    if retired is not None and retired.stopped_at is not None:
        return [Fault(f"{where}:key_id", KEY_STOPPED, f"this key of {device.id} was stopped: {retired.reason}")]
    if named == key_id(device.public_key):
        return []
    if retired is None:
        return [Fault(f"{where}:key_id", "wrong_key", f"{device.id} is registered with another key")]
    if now >= retired.good_until:
        return [Fault(f"{where}:key_id", KEY_RETIRED, f"this key of {device.id} was good until {retired.good_until}")]
    return []


def _sender_faults(
    envelope: Envelope, device: Device | None, retired: RetiredKey | None, now: datetime, where: str
) -> list[Fault]:
    if device is None or device.kind not in SIGNING or not device.public_key:
        return [Fault(where, "unknown_device", f"no meter {envelope.device_id!r} is registered")]
    if faults := key_faults(device, retired, envelope.key_id, now, where):
        return faults
    if not verify(envelope, retired.public_key if retired else device.public_key):
        return [Fault(f"{where}:signature", "wrong_signature", f"the signature of {envelope.device_id} does not hold")]
    return []


def _header_faults(envelope: Envelope, now: datetime, audience: str, backfill: bool, where: str) -> list[Fault]:
    faults = []
    if envelope.audience != audience:
        message = f"the envelope is meant for {envelope.audience!r}, this is {audience!r}"
        faults.append(Fault(f"{where}:audience", "wrong_audience", message))
    if envelope.created_at > now + CLOCK_SKEW:
        message = f"created_at lies {envelope.created_at - now} ahead: set the device's clock"
        faults.append(Fault(f"{where}:created_at", "future_time", message))
    if not backfill and envelope.created_at < now - STALE_AFTER:
        message = f"created_at lies more than {STALE_AFTER.days} days back: send it as a backfill"
        faults.append(Fault(f"{where}:created_at", "stale_time", message))
    return faults


def _reading_faults(
    reading: Reading, kind: DeviceKind, slot_min: int, now: datetime, backfill: bool, where: str
) -> list[Fault]:
    slot, faults = Slot(reading.slot, slot_min), []
    if slot.end > now + SLOT_SKEW:
        faults.append(Fault(f"{where}:slot", "future_slot", f"slot {reading.slot} ends at {slot.end.isoformat()}"))
    if not backfill and slot.end < now - STALE_AFTER:
        message = f"slot {reading.slot} ended more than {STALE_AFTER.days} days ago: send it as a backfill"
        faults.append(Fault(f"{where}:slot", "stale_slot", message))
    if kind is DeviceKind.EV_CHARGER:
        return faults + _beyond_vehicle(reading, where)
    if reading.load_wh < 0:
        message = f"the amounts contradict each other: the load would be {reading.load_wh} Wh"
        faults.append(Fault(where, "negative_load", message))
    return faults


def _beyond_vehicle(reading: Reading, where: str) -> list[Fault]:
    """A charger knows its vehicle: what it says of the home behind its meter is nothing it can know."""
    told = [name for name in REGISTERS if getattr(reading, name) and not name.startswith("vehicle_")]
    return [Fault(f"{where}:{name}", "not_its_own", f"a charger does not count {name}") for name in told]
