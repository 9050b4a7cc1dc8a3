"""Meters' door on the broker: a meter publishes one signed envelope a message, QoS 1, under its own topic.

The broker has stored a message before it acknowledges it to the meter. From there durable consumers take batches
through the same service as the HTTP door, and lets the broker forget a batch only after the database has committed it.
A crash between the two brings the batch again, and what was kept counts once. While the database is away the batch
waits here and everything else waits on the broker. A message that can never be accepted goes to the stream of refused
ones with its reason, sounds an alarm once a device and reason, and does not come again.
"""

import asyncio
import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from domain.canonical import canonical_bytes
from domain.errors import Fault, OutsideFailed
from gateways.broker.streams import MESSAGES, REFUSED_SUBJECT, BrokerErrors, Line, connected, forget, prepare
from gateways.broker.topics import device_of
from gateways.mqtt.waiting import Waiting
from gateways.strict_json import parse
from identity.signatures import Envelope
from identity.wire import from_wire
from memory import alarms
from services.devices.group_intake import GroupIntake
from services.devices.intake import Outcome, Status
from services.steps import Steps

LOG = logging.getLogger(__name__)
RETRY_S = 0.5
FORGET_S = 1.0
FAULTS_TOLD_MAX, FAULT_LETTERS_MAX = 20, 300
WHERE = "message"

Parsed: TypeAlias = Envelope | list[Fault]


@dataclass(frozen=True, slots=True)
class Intake:
    """What the door needs. readings: where envelopes are kept, shared with whoever else takes some. lines: how the
    broker is reached, one line for each account that meters publish into.
    """

    steps: Steps
    readings: GroupIntake
    lines: Sequence[Line]

    async def run(self, prepared: asyncio.Event, stop: asyncio.Event) -> None:
        """Take messages until ``stop``. ``prepared`` is set once no message can be lost. Raises BrokerDown at first."""
        clients: list[Client] = []
        try:
            for line in self.lines:
                clients.append(await connected(line))
            streams = [await prepare(client) for client in clients]
            prepared.set()
            taking = [self._take_all(*each, stop) for each in zip(clients, streams, strict=True)]
            await asyncio.gather(*taking, *[_forget_all(each, stop) for each in streams])
            for client in clients:
                await client.flush()
        finally:
            for client in clients:
                await client.close()

    async def _take_all(self, client: Client, streams: JetStreamContext, stop: asyncio.Event) -> None:
        """While one batch is committed the next one comes."""
        waiting = Waiting(client)
        while not stop.is_set():
            try:
                batch = await waiting.take()
            except BrokerErrors:  # it went away and comes back; the connection looks for it by itself
                await asyncio.sleep(RETRY_S)
                continue
            if batch:
                await self._take(streams, batch, stop)

    async def _take(self, streams: JetStreamContext, batch: list[Msg], stop: asyncio.Event) -> None:
        """Keep a batch, set aside what is refused, then let the broker forget it; again until both answer."""
        while not stop.is_set():
            try:
                faults = await self._keep(batch)
                refused = [each for each in zip(batch, faults, strict=True) if each[1]]
                await asyncio.gather(*[_set_aside(streams, *each) for each in refused])
                for message in batch:
                    await message.ack()
                return
            except (OutsideFailed, *BrokerErrors) as failure:
                LOG.warning("readings wait on the broker: %s", failure)
                await asyncio.sleep(RETRY_S)

    async def _keep(self, batch: list[Msg]) -> list[Sequence[Fault]]:
        """The faults of each message, none for those that are in the database now."""
        parsed = await asyncio.to_thread(lambda: [_read(message) for message in batch])
        outcomes = iter(await self._accepted([each for each in parsed if isinstance(each, Envelope)]))
        faults: list[Sequence[Fault]] = [
            next(outcomes).faults if isinstance(each, Envelope) else each for each in parsed
        ]
        if any(faults):
            await asyncio.to_thread(self._alarm, batch, faults)
        return faults

    async def _accepted(self, envelopes: list[Envelope]) -> list[Outcome]:
        """All at once; when the program itself fails on one of them, each on its own, to tell which."""
        if not envelopes:
            return []
        try:
            return await self.readings.accept(envelopes)
        except OutsideFailed:
            raise
        except Exception as broken:
            if len(envelopes) > 1:
                return [outcome for each in envelopes for outcome in await self._accepted([each])]
            LOG.exception("an envelope of %s broke the intake", envelopes[0].device_id)
            fault = Fault(WHERE, "not_processed", f"{type(broken).__name__}: {broken}")
            return [Outcome(envelopes[0].id, Status.REFUSED, faults=(fault,))]

    def _alarm(self, batch: list[Msg], faults: list[Sequence[Fault]]) -> None:
        """One alarm a device and kind of trouble, however often it comes."""
        found = {(device_of(each.subject), _codes(wrong)) for each, wrong in zip(batch, faults, strict=True) if wrong}
        with self.steps.database.begin("mqtt-refused") as tx:
            for device, codes in sorted(found):
                body = {"text": f"sent by MQTT and refused: {', '.join(codes)}", "codes": list(codes)}
                alarms.sound(tx, self.steps.clock(), "mqtt.refused", device, body)


async def _forget_all(streams: JetStreamContext, stop: asyncio.Event) -> None:
    """What is in the database need not stay on the broker; what is left when it stops goes at the next start."""
    forgotten = 0
    while not stop.is_set():
        try:
            forgotten = await forget(streams, forgotten)
        except BrokerErrors as failure:
            LOG.info("the broker forgets later: %s", failure)
        await asyncio.sleep(FORGET_S)


def _read(message: Msg) -> Parsed:
    """The message's envelope, or why it is none. A meter speaks for itself only, whatever it can sign."""
    try:
        record = parse(message.data)
    except ValueError as broken:
        return [Fault(WHERE, "not_json", f"the message is not JSON: {broken}")]
    envelope, sender = from_wire(record, WHERE), device_of(message.subject)
    if isinstance(envelope, Envelope) and envelope.device_id != sender:
        return [Fault(f"{WHERE}:device_id", "wrong_device", f"{sender} published an envelope of another device")]
    return envelope


def _codes(faults: Sequence[Fault]) -> tuple[str, ...]:
    return tuple(sorted({fault.code for fault in faults}))


async def _set_aside(streams: JetStreamContext, message: Msg, faults: Sequence[Fault]) -> None:
    """Publish a refused message with its faults; under one id, so that trying again keeps it once."""
    said = [{"where": each.where, "code": each.code, "message": each.message} for each in faults[:FAULTS_TOLD_MAX]]
    said = [{name: text[:FAULT_LETTERS_MAX] for name, text in each.items()} for each in said]
    number = message.metadata.sequence.stream
    record = canonical_bytes({"faults": said, "message": base64.b64encode(message.data).decode()})
    subject = f"{REFUSED_SUBJECT}.{device_of(message.subject)}"
    await streams.publish(subject, record, headers={"Nats-Msg-Id": f"{MESSAGES}:{number}"})
