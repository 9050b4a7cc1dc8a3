"""Meters of a bench that send by HTTP: a process beside, which writes its requests before the clock starts.

Each request is one signed envelope. What was not answered with success is sent again until it is: a lost connection,
a server that says it waits for its database. So whatever is counted in the end was promised to somebody.
"""

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any

from domain.reading import Reading
from identity.keys import seeded_key
from identity.signatures import seal
from identity.wire import to_wire

CONNECTIONS = 128
AGAIN_S = 0.25
PATH = "/api/v1/readings"


def meter(number: int) -> str:
    """The id of one meter of a bench."""
    return f"bench-{number:06}"


async def _be_meters(task: dict[str, Any]) -> None:
    waiting = deque(_requests(task))
    print("ready", flush=True)
    sys.stdin.readline()
    count = len(waiting)
    unheard = sum(await asyncio.gather(*[_send(task["port"], waiting) for _ in range(CONNECTIONS)]))
    print(json.dumps({"requests": count, "sent_again": unheard, "cpu_s": time.process_time()}), flush=True)


def _requests(task: dict[str, Any]) -> list[bytes]:
    from gridpact.clock import wall
    from services.context import MARKET

    now, each, last = wall(), task["batch"], task["last_slot"]
    found = []
    for number in range(task["readings"] // each):
        name = meter(number)
        slots = range(last - each + 1, last + 1)
        batch = [Reading(name, 1, at, slot, 100 + at, 0, generation_wh=at) for at, slot in enumerate(slots)]
        sealed = seal(seeded_key(1, name), batch, created_at=now, audience=MARKET, columns=True)
        body = json.dumps(to_wire(sealed)).encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        found.append(head.encode() + b"\r\n\r\n" + body)
    return found


async def _send(port: int, waiting: deque[bytes]) -> int:
    """Take requests until none is left; how often one had to be sent again."""
    again = 0
    while waiting:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(AGAIN_S)
            continue
        while waiting:
            request = waiting.popleft()
            if await _answered(reader, writer, request):
                continue
            waiting.append(request)
            again += 1
            await asyncio.sleep(AGAIN_S)
            break
        writer.close()
    return again


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        said = await reader.readexactly(length)
    except (OSError, asyncio.IncompleteReadError):
        return False
    status = int(head[9:12])
    assert status in {200, 503}, f"a good envelope was answered with {status}: {said[:300]!r}"
    return status == 200


if __name__ == "__main__":
    asyncio.run(_be_meters(json.loads(sys.argv[1])))
