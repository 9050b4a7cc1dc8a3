"""A meter's key over its life: replaced with an overlap, or stopped at once.

Every door through which a meter speaks (HTTP, the broker, a hub's questions) asks the same rows, anew each time, so a
key that is stopped here counts nowhere from the next request on. Its credential at the broker goes with it. What was
signed before stays on record and verifies; which contracts rest on it is listed, and an expert is asked about them.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.canonical import digest
from domain.contract import ContractState
from domain.errors import Fault, InputRefused, RuleBroken, TransitionRefused
from domain.party import Expertise
from domain.site import Device, DeviceKind
from identity.devices import KEY_STOPPED
from identity.keys import KEY_BYTES, key_id
from memory import alarms, cases, registry
from memory.cases import CaseRow
from memory.devices import device_keys, mqtt_credentials, readings
from memory.devices.device_keys import RetiredKey
from memory.devices.mqtt_credentials import Guest
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.cases.cases import thread_of
from services.market_time import MarketTime
from services.opening import RULES
from services.steps import Steps

STOPPED = "device.key.stopped"
OVERLAP_MAX = timedelta(days=30)
LOOKED_AT_WITHIN = timedelta(days=7)
LAST_SLOT = 2**40
FELL = frozenset({ContractState.REJECTED, ContractState.BLOCKED, ContractState.CANCELLED})


class Stopped(NamedTuple):
    """What stopping a key did. contracts: those that rest on the device's readings since the moment, by slot."""

    key_id: str
    had_credential: bool
    contracts: list[ContractRow]
    case_id: str


def key_faults(tx: Connection, public_key: bytes, where: str) -> list[Fault]:
    """Why no meter may begin to sign with a key: its form, or that somebody has or had it."""
    if len(public_key) != KEY_BYTES:
        return [Fault(where, "wrong_key", "an Ed25519 key is 64 hex digits")]
    had = {each.public_key for each in device_keys.all(tx).values()}
    if public_key in had | {each.public_key for each in registry.devices(tx)}:
        return [Fault(where, "known_key", "a device has or had this key; make a new one")]
    return []


def rotate(steps: Steps, device_id: str, public_key: bytes, overlap: timedelta, by: str) -> RetiredKey:
    """Give a meter a new key; the one before is good for the overlap, if nobody stopped it. Raises InputRefused."""
    with steps.database.begin("rotate-key") as tx:
        device = meter(tx, device_id)
        faults = key_faults(tx, public_key, "PUBLIC_KEY")
        if not timedelta(0) <= overlap <= OVERLAP_MAX:
            faults.append(Fault("overlap", "wrong_value", f"an overlap is 0 to {OVERLAP_MAX.days} days"))
        if faults:
            raise InputRefused(faults)
        retired = _retired(device, steps.clock() + overlap)
        device_keys.put(tx, retired)
        registry.save_device(tx, replace(device, public_key=public_key))
        body = {"key": key_id(public_key), "before": retired.key_id, "good_until": retired.good_until.isoformat()}
        steps.note(tx, RULES, "device.key.rotated", device_id, body | {"by": by})
    return retired


def stop_key(steps: Steps, time: MarketTime, device_id: str, reason: str, since: datetime, by: str) -> Stopped:
    """Stop all of a meter's keys now. since: from when on they may have been in other hands.

    Raises RuleBroken on an unknown meter, InputRefused on a moment ahead, TransitionRefused when the key is stopped.
    """
    now = steps.clock()
    if since > now:
        raise InputRefused([Fault("since", "future_time", f"{since.isoformat()} lies ahead")])
    with steps.database.begin("stop-key") as tx:
        device = meter(tx, device_id)
        stopped = _stop_all(tx, device, now, reason)
        had_credential = mqtt_credentials.remove(tx, Guest.METER, device_id)
        resting = contracts_resting_on(tx, time, device, since)
        case = _case(device, stopped, reason, since, resting, now)
        cases.open(tx, case)
        body = {"key": stopped, "reason": reason, "since": since.isoformat(), "case": case.id, "by": by}
        alarms.sound(tx, now, STOPPED, device_id, body | _words(device_id, len(resting), case.id))
        steps.note(tx, RULES, STOPPED, device_id, body | {"contracts": len(resting)})
    return Stopped(stopped, had_credential, resting, case.id)


def contracts_resting_on(tx: Connection, time: MarketTime, device: Device, since: datetime) -> list[ContractRow]:
    """The contracts of a meter's site that rest on what it said from a moment on: those of the slots since then, and
    of earlier slots for which it sent readings after it, but for those that never came to stand. By slot, then digest.
    """
    read = readings.first_slot_received(tx, device.id, since)
    first = min(time.at(since), time.at(since) if read is None else read)
    return [
        each
        for each in contracts.between(tx, first, LAST_SLOT)
        if device.site_id in {each.seller_site, each.buyer_site} and each.state not in FELL
    ]


def meter(tx: Connection, device_id: str) -> Device:
    """A registered meter. Raises RuleBroken when there is none of this id."""
    for each in registry.devices(tx):
        if each.id == device_id and each.kind is DeviceKind.METER:
            return each
    raise RuleBroken(f"no meter has the id {device_id}: gridpact devices list")


def _stop_all(tx: Connection, device: Device, now: datetime, reason: str) -> str:
    """Stop the key a meter has and those it had; the id of the one it has."""
    had = device_keys.of_devices(tx, [device.id])
    current = _retired(device, now)
    known = had.get((device.id, current.key_id))
    if known is not None and known.stopped_at is not None:
        raise TransitionRefused(f"the key of {device.id} was stopped at {known.stopped_at.isoformat()}: rotate it")
    for each in (current, *had.values()):
        device_keys.put(tx, RetiredKey(device.id, each.key_id, each.public_key, now, now, reason))
    return current.key_id


def _retired(device: Device, good_until: datetime) -> RetiredKey:
    return RetiredKey(device.id, key_id(device.public_key), device.public_key, good_until)


def _case(
    device: Device, stopped: str, reason: str, since: datetime, resting: list[ContractRow], now: datetime
) -> CaseRow:
    """What an expert is asked: whether what rests on the readings may stand."""
    evidence: dict[str, Any] = {
        "trade": None,
        "device": device.id,
        "site": device.site_id,
        "key": stopped,
        "reason": reason,
        "since": since.isoformat(),
        "contracts": [{"contract": each.digest, "slot": each.slot, "state": str(each.state)} for each in resting],
    }
    case_id = f"K-{digest({'device': device.id, 'key': stopped})[:12]}"
    finding = {
        "trigger": KEY_STOPPED,
        "name": "a meter's key was stopped",
        "name_ja": "計器の鍵の停止",
        "action": "escalate",
        "roles": [str(Expertise.LEGAL)],
        **_words(device.id, len(resting), case_id),
    }
    return CaseRow(
        id=case_id,
        contract_digest="",
        thread=thread_of(case_id),
        opened_at=now,
        deadline=now + LOOKED_AT_WITHIN,
        roles=[str(Expertise.LEGAL)],
        approvals=1,
        findings=[finding],
        evidence=evidence,
        evidence_hash=digest(evidence),
    )


def _words(device_id: str, resting: int, case_id: str) -> dict[str, str]:
    return {
        "text": f"the key of {device_id} was stopped; {resting} contracts rest on its readings: case {case_id}",
        "text_ja": f"計器{device_id}の鍵を停止しました。その計量に基づく契約は{resting}件です（案件{case_id}）。",
    }
