"""nats-server out of a wheel, started under the data directory, with JetStream's files and MQTT in one process.

One Gridpact process owns a directory, by a lock that goes with the process. A server whose owner was killed goes on
taking messages, which is what meters want; the next owner ends it and starts its own, with the same files. A server
that was killed itself is started again by :meth:`EmbeddedBroker.revive`. Users are changed by writing the
configuration anew and asking for a reload: whose credential is gone loses its live connection in that moment.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from domain.errors import BrokerDown, RuleBroken
from gateways.broker.authority import Papers, papers
from gateways.broker.configuration import SHARDS, Place, configuration, market_user
from gateways.broker.passwords import hashed, new_password
from gateways.broker.streams import Line
from memory.devices.mqtt_credentials import MqttCredential

READY_S_MAX = 30.0
STOPPED_S_MAX = 20.0


@dataclass(slots=True)
class EmbeddedBroker:
    """A running server of our own. house_password: what Gridpact itself connects with, as user ``house``."""

    place: Place
    papers: Papers
    house_password: str
    _house_hash: str
    _lock: int
    _server: "subprocess.Popen[bytes] | None" = None
    _credentials: list[MqttCredential] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """How Gridpact itself reaches each account of the market, password included; never leaves this machine."""
        where = f"{self.house_password}@127.0.0.1:{self.place.nats_port}"
        return [Line(f"nats://{market_user(shard)}:{where}") for shard in range(SHARDS)]

    def admit(self, credentials: Sequence[MqttCredential]) -> None:
        """Let these in and nobody else. Who was in and is no longer is cut off at once."""
        if list(credentials) != self._credentials:
            self._credentials = list(credentials)
            self._write()
            if self._server is not None and self._server.poll() is None:
                self._server.send_signal(signal.SIGHUP)

    def revive(self) -> bool:
        """Start the server again when it died; whether it had. Raises BrokerDown."""
        if self._server is not None and self._server.poll() is None:
            return False
        self._launch()
        return True

    def stop(self) -> None:
        """End the server in good order and let go of the directory."""
        if self._server is not None:
            _end(self._server)
        os.close(self._lock)

    def _launch(self) -> None:
        directory = self.place.directory
        self._write()
        with (directory / "startup.log").open("wb") as said:
            self._server = subprocess.Popen(
                [program(), "-c", str(_file(directory))],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,  # Ctrl-C is for us; we stop it when nobody writes any more
            )  # fmt: skip
        _wait_until_ready(self._server, self.place)

    def _write(self) -> None:
        text = configuration(self.place, self.papers, self._house_hash, self._credentials)
        _replace(_file(self.place.directory), text)


def start(directory: Path, mqtt_host: str, mqtt_port: int, sync: str, now: datetime) -> EmbeddedBroker:
    """Start the server whose files live in ``directory``; nobody but Gridpact itself is let in yet.

    Raises RuleBroken while another process owns the directory, BrokerDown with what to do when it cannot start.
    """
    directory = directory.expanduser().resolve()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _own(directory)
    try:
        _end_stale(directory)
        place = Place(directory, mqtt_host, mqtt_port, _free_port(), sync)
        names = list(dict.fromkeys([mqtt_host, "localhost", "127.0.0.1"]))
        password = house_password(directory)
        broker = EmbeddedBroker(place, papers(directory, names, now), password, hashed(password), lock)
        broker.revive()
    except BaseException:
        os.close(lock)
        raise
    return broker


def house_password(directory: Path) -> str:
    """What Gridpact connects with: made once, readable by its owner only."""
    path = directory / "house.secret"
    if not path.exists():
        _replace(path, new_password())
    return path.read_text()


def program() -> str:
    """Where the wheel put the server."""
    return str(Path(sysconfig.get_path("scripts")) / "nats-server")


def _file(directory: Path) -> Path:
    return directory / "nats.json"


def _own(directory: Path) -> int:
    held = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise RuleBroken(f"another process runs the broker of {directory}: stop it, or choose another --data") from None
    return held


def _end_stale(directory: Path) -> None:
    """End the server of an owner that was killed; a number that is another program's by now is left alone."""
    import psutil  # type: ignore[import-untyped]

    try:
        process = psutil.Process(int((directory / "pid").read_text()))
        if str(_file(directory)) in process.cmdline():
            process.terminate()
            process.wait(STOPPED_S_MAX)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOPPED_S_MAX)


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOPPED_S_MAX)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_until_ready(server: "subprocess.Popen[bytes]", place: Place) -> None:
    """Until it greets on its own port: it recovers its streams before."""
    deadline = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise BrokerDown(_explained(place))
        try:
            with socket.create_connection(("127.0.0.1", place.nats_port), timeout=1) as greeted:
                if greeted.recv(4) == b"INFO":
                    return
        except OSError:
            time.sleep(0.02)
    _end(server)
    raise BrokerDown(f"the broker did not answer within {READY_S_MAX:.0f} s: {_said(place)}")


def _explained(place: Place) -> str:
    said = _said(place)
    if "address already in use" in said:
        where = f"{place.mqtt_host}:{place.mqtt_port}"
        return f"the broker cannot listen on {where}: set GRIDPACT_MQTT_HOST or GRIDPACT_MQTT_PORT ({said})"
    return f"the broker did not start in {place.directory}: {said}"


def _said(place: Place) -> str:
    """The last words of the server that tell of trouble."""
    logs = [place.directory / name for name in ("startup.log", "log")]
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace")[-8000:].splitlines()]
    return " ".join([line for line in lines if "[FTL]" in line or "nats-server:" in line][-2:])[-600:]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner only."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)
