"""A Modbus TCP server as a process of its own: ``python serve_units.py PORT``, the units' registers as JSON on stdin.

The first line is ``{unit: {address: word}}``, addresses without a gap; every further line ``[unit, address, word]``
changes one register.
"""

import asyncio
import json
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

WRITE_REGISTERS = 16


def device(unit: int, words: dict[int, int]) -> SimDevice:
    """One unit with its registers."""
    values = [words[address] for address in sorted(words)]
    return SimDevice(unit, [SimData(min(words), values=values, datatype=DataType.REGISTERS)])


async def serve(port: int) -> None:
    """Until standard input ends."""
    units = json.loads(sys.stdin.readline())
    devices = [device(int(unit), {int(at): word for at, word in words.items()}) for unit, words in units.items()]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        unit, address, word = json.loads(line)
        await server.async_setValues(unit, WRITE_REGISTERS, address, [word])
        print("ok", flush=True)
    await server.shutdown()  # type: ignore[no-untyped-call]


asyncio.run(serve(int(sys.argv[1])))
