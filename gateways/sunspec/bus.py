"""Registers of one unit behind a Modbus TCP address: read in pieces that the protocol allows, written in one.

Every failure, a refusal, a short answer and a silent unit alike, is DeviceDown: the same may succeed later.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from domain.errors import DeviceDown

READ_MOST = 120
WORD = 1 << 16


class Bus:
    """One unit. timeout_s: how long an answer may take; a late one is thrown away by its number."""

    def __init__(self, host: str, port: int, unit: int, timeout_s: float = 3.0) -> None:
        from pymodbus.client import AsyncModbusTcpClient

        self.name = f"{host}:{port}/{unit}"
        self._unit, self._turn = unit, asyncio.Lock()
        self._client: Any = AsyncModbusTcpClient(host, port=port, timeout=timeout_s, retries=1, reconnect_delay=0)

    async def read(self, address: int, count: int) -> tuple[int, ...]:
        """``count`` holding registers from ``address`` on. Raises DeviceDown."""
        found: list[int] = []
        while len(found) < count:
            part = min(READ_MOST, count - len(found))
            start = address + len(found)
            answer = await self._asked(lambda s=start, p=part: self._client.read_holding_registers(
                s, count=p, device_id=self._unit))  # fmt: skip
            words = [] if answer.isError() else list(answer.registers)
            if len(words) != part or not all(0 <= each < WORD for each in words):
                raise DeviceDown(f"{self.name} answers {len(words)} of {part} registers at {start}: {answer}")
            found += words
        return tuple(found)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write registers in one message. Raises DeviceDown."""
        answer = await self._asked(lambda: self._client.write_registers(address, list(words), device_id=self._unit))
        if answer.isError():
            raise DeviceDown(f"{self.name} refuses {len(words)} registers at {address}: {answer}")

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    async def _asked(self, ask: Any) -> Any:
        """One question at a time, over a connection that is made when it is not there."""
        from pymodbus.exceptions import ModbusException

        async with self._turn:
            try:
                if not self._client.connected and not await self._client.connect():
                    raise DeviceDown(f"{self.name} cannot be reached")
                return await ask()
            except (ModbusException, OSError, TimeoutError) as failure:
                self._client.close()
                raise DeviceDown(f"{self.name} does not answer: {failure}") from None
