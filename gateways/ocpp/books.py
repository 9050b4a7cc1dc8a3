"""The house's books as charge points write in them: samples, transactions, readings; and what they are asked to do.

Every call is one transaction, runs in a thread, and may be repeated: a message that comes again changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import Connection

from domain.errors import Fault
from domain.reading import Reading
from domain.site import Device, DeviceKind
from domain.slot import slot_wh
from gateways.ocpp.half_hours import Taken, half_hours
from gateways.ocpp.profile import Plan, plan_of
from identity.signatures import unsigned
from memory import alarms, registry
from memory.devices import chargers, mqtt_credentials, readings, setpoints
from memory.devices.chargers import AWAY, Sample
from memory.devices.mqtt_credentials import Guest
from services.devices.intake import accept_within
from services.devices.mqtt_access import CHARGERS_SIGNER
from services.grid.device_limits import rooms_of
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.steps import Steps

BOOT = 0
"""Readings of a charger are named by their slot, and each slot is told once: there is one boot for good."""
FAULTS_TOLD_MAX = 5


@dataclass(frozen=True, slots=True)
class Books:
    """audience: the market that readings are meant for. desk: opens the order desk over who takes part now. tokens:
    by charge point, SHA-256 (hex) of what may start it; one that is not in it serves whoever stands there.
    """

    steps: Steps
    audience: str
    time: MarketTime
    desk: Callable[[], Desk]
    tokens: Mapping[str, Sequence[str]]
    safe_percent: int = 100

    def password_hash(self, device_id: str) -> str | None:
        """What a charge point's password is compared with; None when it has none."""
        with self.steps.database.read() as tx:
            found = mqtt_credentials.find(tx, Guest.CHARGER, device_id)
        return found.password_hash if found else None

    def admits(self, device_id: str, token: str) -> bool:
        """Whether a card or its like may start charging."""
        return device_id not in self.tokens or sha256(token.encode()).hexdigest() in self.tokens[device_id]

    def charger(self, device_id: str) -> Device | None:
        """The charge point as it is registered."""
        with self.steps.database.read() as tx:
            return _charger(tx, device_id)

    def keep(self, device_id: str, samples: Sequence[Sample]) -> None:
        """Keep samples, then send every half hour that they complete."""
        with self.steps.database.begin("charger") as tx:
            chargers.put(tx, device_id, samples)
            self._send(tx, device_id)

    def number(self, device_id: str, reference: str, connector: int) -> int:
        """The number of a transaction that may have been told before."""
        with self.steps.database.begin("charger") as tx:
            return chargers.number_of(tx, device_id, reference, connector)

    def connector(self, device_id: str, *, number: int = -1, reference: str = "") -> int | None:
        """Where a transaction takes place, None when nobody heard of it."""
        with self.steps.database.read() as tx:
            return chargers.connector_of(tx, device_id, number=number, reference=reference)

    def plan(self, charger: Device) -> Plan | None:
        """What a charge point is asked from this slot on, as far as books have closed, within what grid signals leave.

        In a slot of which only a signal speaks, it takes no more than while it hears nothing.
        """
        now = self.steps.clock()
        slot, site = self.time.at(now), charger.site_id
        with self.steps.database.read() as tx:
            asked = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, slot, slot + self.time.ahead)
            moves = setpoints.of_slots(tx, DeviceKind.BATTERY, slot, slot + self.time.ahead)
            rooms = rooms_of(tx, self.desk, now, site, range(slot, slot + self.time.ahead + 1))
        wanted = {at: sites[site][0] for at, sites in asked.items() if site in sites}
        safe_wh = slot_wh(charger.power_w * self.safe_percent // 100, self.time.slot_min)
        for at, room in rooms.items():
            most_wh = room.charger_wh(moves.get(at, {}).get(site, (0, 0)), charger.power_w)
            if most_wh is not None:
                wanted[at] = min(wanted.get(at, safe_wh), most_wh)
        return plan_of(wanted, slot, self.time.slot_min, charger.power_w)

    def alarm(self, device_id: str, faults: Sequence[Fault]) -> None:
        """Say what was wrong with a charge point's messages, once a kind of trouble."""
        codes = sorted({each.code for each in faults})
        text = "; ".join(str(each)[:200] for each in faults[:FAULTS_TOLD_MAX])
        with self.steps.database.begin("charger-alarm") as tx:
            body = {"text": f"sent by OCPP and left aside: {', '.join(codes)}", "codes": codes}
            if alarms.sound(tx, self.steps.clock(), "ocpp.refused", device_id, body):
                self.steps.note(tx, "gateway", "ocpp.refused", device_id, {"first": text})

    def _send(self, tx: Connection, device_id: str) -> None:
        charger = _charger(tx, device_id)
        if charger is None:
            return
        told = readings.last_counters(tx, [device_id], [BOOT]).get(device_id)
        first = None if told is None else told + 1
        taken = half_hours(chargers.of_device(tx, device_id), first, self.time.slot_min)
        past = [each for each in taken if each.slot < self.time.at(self.steps.clock())]
        if past:
            self._post(tx, charger, past)
            chargers.forget_before(tx, device_id, self.time.slot(past[-1].slot).end)

    def _post(self, tx: Connection, charger: Device, taken: Sequence[Taken]) -> None:
        """Readings under the Gateway agent's signature, by the same door as every meter's."""
        keys, now = self.steps.keys, self.steps.clock()
        told = [_reading(charger, each) for each in taken]
        bare = unsigned(keys.public(CHARGERS_SIGNER), told, created_at=now, audience=self.audience)
        envelope = replace(bare, signature=keys.sign(CHARGERS_SIGNER, bare.header))
        (outcome,) = accept_within(tx, self.steps, [envelope], self.audience, self.time.slot_min, backfill=True)
        assert not outcome.faults, f"our own envelope is good: {outcome.faults}"


def _charger(tx: Connection, device_id: str) -> Device | None:
    return next((each for each in registry.devices(tx) if each.id == device_id), None)


def _reading(charger: Device, taken: Taken) -> Reading:
    """A vehicle that is there holds something, even when nobody says how much."""
    there = taken.stored_percent != AWAY
    return Reading(
        charger.id,
        BOOT,
        taken.slot,
        taken.slot,
        import_wh=0,
        export_wh=0,
        vehicle_charge_wh=taken.charge_wh,
        vehicle_stored_wh=max(1, charger.capacity_wh * taken.stored_percent // 100) if there else 0,
        quality=taken.quality,
    )
