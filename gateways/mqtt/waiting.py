"""Messages that wait on the broker, taken as they come: a standing request for more while the last ones are kept.

The client library's own fetch waits for each message singly, which costs more than reading and checking it.
"""

import asyncio
import json
from dataclasses import dataclass, field

from nats.aio.client import Client
from nats.aio.msg import Msg

from gateways.broker.streams import INTAKE, MESSAGES

BATCH = 1_000
ASKED_S = 1.0
"""How long a request stands. After as long without a word it is asked again: the broker may have forgotten it."""

NEXT = f"$JS.API.CONSUMER.MSG.NEXT.{MESSAGES}.{INTAKE}"


@dataclass(slots=True)
class Waiting:
    """What waits on one broker account. At most BATCH are here or on the way while the caller works on others."""

    client: Client
    _here: list[Msg] = field(default_factory=list)
    _asked: int = 0
    _inbox: str = ""
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self) -> list[Msg]:
        """All that is here, in the order of the stream; nothing when nothing came for a while."""
        if not self._inbox:
            self._inbox = self.client.new_inbox()
            await self.client.subscribe(self._inbox, cb=self._take_in)
        await self._ask()
        if not self._here:
            self._came.clear()
            try:
                async with asyncio.timeout(ASKED_S):
                    await self._came.wait()
            except TimeoutError:
                self._asked = 0
        found, self._here = self._here, []
        await self._ask()
        return found

    async def _ask(self) -> None:
        wanted = BATCH - len(self._here) - self._asked
        if wanted > BATCH // 2:
            self._asked += wanted
            standing_ns = int(ASKED_S * 1e9)
            await self.client.publish(NEXT, json.dumps({"batch": wanted, "expires": standing_ns}).encode(), self._inbox)

    async def _take_in(self, message: Msg) -> None:
        if message.reply:
            self._here.append(message)
            self._asked -= 1
        else:  # the request has ended, filled or not; what it was still owed will not come
            self._asked = 0
        self._came.set()
