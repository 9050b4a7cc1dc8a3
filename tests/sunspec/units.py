"""SunSpec units for tests: registers built from the published models, served by a process, read back by pysunspec2."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sunspec2

MODELS = Path(sunspec2.__file__).parent / "models/json"
NOTHING = {"int16": 0x8000, "uint16": 0xFFFF, "enum16": 0xFFFF, "sunssf": 0x8000, "bitfield16": 0xFFFF}
SIGNED = {"int16", "int32", "int64", "sunssf"}
Values = Mapping[str, int]


def points(model: int) -> dict[str, tuple[int, int, str]]:
    """Every point of a published model: offset, size and type."""
    found, at = {}, 0
    for point in json.loads((MODELS / f"model_{model}.json").read_text())["group"]["points"]:
        found[point["name"]] = at, int(point["size"]), str(point["type"])
        at += int(point["size"])
    return found


def words_of(model: int, values: Values) -> list[int]:
    """A model's registers; what is not given is not implemented."""
    known = points(model)
    assert values.keys() <= known.keys(), sorted(values.keys() - known.keys())
    words: list[int] = []
    for name, (at, size, kind) in known.items():
        plain = 0 if kind.startswith("acc") or kind in {"string", "pad"} else NOTHING.get(kind, (1 << 16 * size) - 1)
        whole = values.get(name, plain) % (1 << 16 * size)
        assert at == len(words)
        words += [whole >> 16 * (size - 1 - place) & 0xFFFF for place in range(size)]
    words[0], words[1] = model, len(words) - 2
    return words


def map_of(*models: tuple[int, Values], base: int = 40_000) -> dict[int, int]:
    """The registers of a unit, by address, from the mark to the end."""
    words = [0x5375, 0x6E53]
    for model, values in ((1, {}), *models):
        words += words_of(model, values)
    return dict(enumerate([*words, 0xFFFF, 0], base))


@dataclass
class Served:
    """A server's process, and where each model of a unit begins."""

    port: int
    process: "subprocess.Popen[str]"

    def put(self, unit: int, registers: Mapping[int, int]) -> None:
        """Change registers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        for address, word in registers.items():
            self.process.stdin.write(json.dumps([unit, address, word]) + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "ok\n"

    def read(self, unit: int, model: int) -> Any:
        """A model as pysunspec2 finds and reads it."""
        from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

        device = SunSpecModbusClientDeviceTCP(unit, ipaddr="127.0.0.1", ipport=self.port)
        device.scan()
        found = device.models[model][0]
        device.close()
        return found


@contextmanager
def served(units: Mapping[int, Mapping[int, int]]) -> Iterator[Served]:
    """Units behind one port, until leaving."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("serve_units.py")), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(units) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    try:
        yield Served(port, process)
    finally:
        process.stdin.close()
        process.wait(20)


@contextmanager
def answering(answer: Any) -> Iterator[int]:
    """A server that answers each question with what ``answer(question)`` returns: bytes, or None for silence."""
    from threading import Thread

    loop = asyncio.new_event_loop()
    ready: Any = asyncio.run_coroutine_threadsafe

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while question := await reader.read(260):
            said = answer(question)
            if said is not None:
                writer.write(said)
        writer.close()

    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ready(asyncio.start_server(talk, "127.0.0.1", 0), loop).result(10)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
