"""The hub's way to the market over HTTP: readings go up, set-points come down, both signed with the hub's one key."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import AuditBroken, OutsideFailed
from domain.nesting import nested_too_deep
from domain.reading import Reading
from gateways.hub.hub_settings import SILENCE_S_MAX
from gateways.hub.steering import FULL_PERCENT, Setpoint
from identity.asking import ask, ask_to_wire
from identity.keys import KEY_BYTES
from identity.signatures import seal
from identity.wire import to_wire

READINGS, SETPOINTS = "/api/v1/readings", "/api/v1/setpoints"
POINTS_MAX = 96
POINT_WH_MAX = 50_000


class Answer(NamedTuple):
    """What came back from a post: the status and the bytes, whose number the post has bounded."""

    status_code: int
    body: bytes


Post = Callable[[str, Any], Answer]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the market asks, by slot, and for how long it holds without being heard again."""

    points: dict[int, Setpoint]
    lease_s: int


@dataclass(frozen=True, slots=True)
class MarketLink:
    """The market as one home's hub reaches it. post: sends JSON to a path; raises OutsideFailed when nobody answers."""

    post: Post
    key: Ed25519PrivateKey
    device_id: str
    audience: str

    def send(self, readings: Sequence[Reading], created_at: datetime) -> dict[int, str]:
        """Send readings, an envelope each; by counter, why each was refused, empty for those that the market has.

        Raises OutsideFailed when the market is away or speaks out of form: then send the same again.
        """
        sealed = [seal(self.key, [each], created_at=created_at, audience=self.audience) for each in readings]
        answer = self.post(READINGS, [to_wire(each) for each in sealed])
        items = _field(_spoken(answer), "items", list)
        if len(items) != len(readings):
            raise OutsideFailed(f"the market answered for {len(items)} of {len(readings)} envelopes")
        return {reading.counter: _refusal(item) for reading, item in zip(readings, items, strict=True)}

    def plan(self, now: datetime, slot_min: int) -> Plan:
        """What the home is to do in the slots ahead. Raises OutsideFailed when the market is away or refuses."""
        answer = self.post(SETPOINTS, ask_to_wire(ask(self.key, self.device_id, now, self.audience)))
        said = _spoken(answer)
        if answer.status_code != 200:
            raise OutsideFailed(f"the market does not tell its set-points: {str(said.get('detail'))[:500]}")
        if said.get("slot_min") != slot_min:
            raise OutsideFailed(f"the market trades {said.get('slot_min')!r} minutes, the meter counts {slot_min}")
        items, lease_s = _field(said, "items", list), _field(said, "lease_s", int)
        if len(items) > POINTS_MAX:
            raise OutsideFailed(f"the market sent {len(items)} set-points, more than {POINTS_MAX}")
        return Plan(dict(_point(item) for item in items), max(0, min(lease_s, SILENCE_S_MAX)))


def hub_key(path: Path) -> Ed25519PrivateKey:
    """The hub's key, made when first asked for; only its owner may read it. Raises AuditBroken when it is no key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        aside = path.with_name(path.name + ".new")
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    secret = path.read_bytes()
    if len(secret) != KEY_BYTES:
        raise AuditBroken(f"{path} is no hub's key; restore it from a backup")
    return Ed25519PrivateKey.from_private_bytes(secret)


def _spoken(answer: Answer) -> dict[str, Any]:
    """The answer's object, also of a refusal. A market that fails inside (5xx) has said nothing."""
    if answer.status_code >= 500:
        raise OutsideFailed(f"the market answers {answer.status_code}")
    try:
        text = answer.body.decode()
        said = None if nested_too_deep(text) else json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise OutsideFailed(f"the market answers {answer.status_code} out of form")
    return said


def _field(said: dict[str, Any], name: str, kind: type) -> Any:
    if type(said.get(name)) is not kind:
        raise OutsideFailed(f"the market's answer has no {name}: {str(said.get('detail', said))[:500]}")
    return said[name]


def _refusal(item: Any) -> str:
    if not isinstance(item, dict):
        raise OutsideFailed("the market's answer is out of form")
    if item.get("status") in {"accepted", "duplicate"}:
        return ""
    return str(item.get("faults"))[:500]


def _point(item: Any) -> tuple[int, Setpoint]:
    """A set-point, refused rather than obeyed when it asks what no home can do."""
    if not isinstance(item, dict):
        raise OutsideFailed("a set-point is an object")
    slot: Any = item.get("slot")
    charge_wh: Any = item.get("charge_wh")
    discharge_wh: Any = item.get("discharge_wh")
    percent = item.get("pv_limit_percent", FULL_PERCENT)
    takes_wh, gives_wh = item.get("vehicle_charge_wh"), item.get("vehicle_discharge_wh", 0)
    if not (type(slot) is int and _within(charge_wh, POINT_WH_MAX) and _within(discharge_wh, POINT_WH_MAX)):
        raise OutsideFailed(f"a set-point is out of form: {str(item)[:200]}")
    if not _within(percent, FULL_PERCENT):
        raise OutsideFailed(f"a limit is 0 to 100 percent, not {str(percent)[:50]}")
    if not ((takes_wh is None or _within(takes_wh, POINT_WH_MAX)) and _within(gives_wh, POINT_WH_MAX)):
        raise OutsideFailed(f"a charger's set-point is out of form: {str(item)[:200]}")
    return slot, Setpoint(charge_wh, discharge_wh, percent, takes_wh, gives_wh)


def _within(amount: Any, most: int) -> bool:
    return type(amount) is int and 0 <= amount <= most
