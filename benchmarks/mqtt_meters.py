"""Meters of a bench that publish by MQTT: a process beside, one connection a meter, QoS 1 over TLS.

What was not acknowledged is published again over the next connection, so whatever is counted in the end was promised
to somebody.
"""

import asyncio
import json
import ssl
import struct
import sys
import time
from collections import deque
from typing import Any

WINDOW = 64
AGAIN_S = 0.25
ACKNOWLEDGED = 0x40
PACKET_IDS = 60_000
LOST = (OSError, asyncio.IncompleteReadError)


async def _be_meters(task: dict[str, Any]) -> None:
    names = list(task["passwords"])
    waiting = [deque(_packets(task, number, name)) for number, name in enumerate(names)]
    began_s = time.process_time()
    print("ready", flush=True)
    await asyncio.gather(*[_publish(task, name, mine) for name, mine in zip(names, waiting, strict=True)])
    print(f"acknowledged {time.process_time() - began_s:.3f}", flush=True)


def _packets(task: dict[str, Any], number: int, name: str) -> list[tuple[int, bytes]]:
    """One meter's share of the messages as MQTT packets, each with its packet id."""
    from domain.reading import Reading
    from domain.slot import Slot
    from gateways.broker.topics import readings
    from gridpact.clock import wall
    from identity.keys import seeded_key
    from identity.signatures import seal
    from identity.wire import to_wire
    from services.context import MARKET

    key, now, batch = seeded_key(1, name), wall(), task["batch"]
    first, topic, packets = Slot.at(now).index - 2 - batch, _text(readings(name)), []
    for at in range(len(range(number, task["messages"], len(task["passwords"])))):
        sent = [Reading(name, 1, at * batch + place, first + place, 100, 0) for place in range(batch)]
        sealed = seal(key, sent, created_at=now, audience=MARKET, columns=batch > 1)
        packet_id = at % PACKET_IDS + 1
        body = topic + struct.pack(">H", packet_id) + json.dumps(to_wire(sealed)).encode()
        packets.append((packet_id, b"\x32" + _length(len(body)) + body))
    return packets


async def _publish(task: dict[str, Any], name: str, waiting: deque[tuple[int, bytes]]) -> None:
    """Publish until everything is acknowledged, over however many connections it takes."""
    unheard: dict[int, bytes] = {}
    while waiting or unheard:
        waiting.extendleft(unheard.items())
        unheard.clear()
        try:
            reader, writer = await _connected(task, name)
            await _send(reader, writer, waiting, unheard)
            writer.close()
        except LOST:
            await asyncio.sleep(AGAIN_S)


async def _connected(task: dict[str, Any], name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    trust = ssl.create_default_context(cafile=task["authority"])
    reader, writer = await asyncio.open_connection("127.0.0.1", task["port"], ssl=trust)
    who = _text(name) + _text(f"meter.{name}") + _text(task["passwords"][name])
    body = _text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 600) + who
    writer.write(b"\x10" + _length(len(body)) + body)
    if (await reader.readexactly(4))[3] != 0:
        raise ConnectionRefusedError(f"the broker refused {name}")
    return reader, writer


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    waiting: deque[tuple[int, bytes]],
    unheard: dict[int, bytes],
) -> None:
    """Keep WINDOW messages unacknowledged at most; an acknowledgement has four bytes and names its packet."""
    rest = b""
    while waiting or unheard:
        packets = [waiting.popleft() for _ in range(min(len(waiting), WINDOW - len(unheard)))]
        unheard.update(packets)
        writer.write(b"".join(packet for _, packet in packets))
        said = await reader.read(65_536)
        if not said:
            raise ConnectionResetError("the broker closed the connection")
        rest += said
        for at in range(0, len(rest) // 4 * 4, 4):
            kind, _, packet_id = struct.unpack_from(">BBH", rest, at)
            assert kind == ACKNOWLEDGED, f"the broker says {rest[at : at + 4]!r}"
            unheard.pop(packet_id, None)
        rest = rest[len(rest) // 4 * 4 :]


def _text(written: str) -> bytes:
    return struct.pack(">H", len(written)) + written.encode()


def _length(number: int) -> bytes:
    """MQTT's length: seven bits a byte, the lowest first."""
    return bytes([number % 128 | 128]) + _length(number // 128) if number >= 128 else bytes([number])


if __name__ == "__main__":
    asyncio.run(_be_meters(json.loads(sys.argv[1])))
