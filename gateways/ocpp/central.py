"""The central system: charge points come in over WebSocket, each under its own password, and are kept to the plan.

``/ocpp/ID`` is a charge point's address; its user name is its id, as security profiles 1 and 2 of OCPP have it. One
that comes again takes the place of its older connection, which is dead more often than not.
"""

import asyncio
import base64
import binascii
import logging
import re
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from typing import Any

import bcrypt
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from domain.errors import OutsideFailed
from gateways.ocpp.books import Books
from gateways.ocpp.frame import FRAME_BYTES_MAX, PROTOCOLS
from gateways.ocpp.station import Station
from gateways.ocpp.visit import Visit

LOG = logging.getLogger(__name__)
ADDRESS = re.compile(r"/ocpp/([A-Za-z0-9_-]{1,64})/?")
STATIONS_MAX = 2_000
WAITING_MAX = 16
PING_S = 30
WRONG_PER_MINUTE_MAX = 5
GUESSERS_MAX = 10_000
LOOKS_S = 10.0
MINUTE_S = 60.0


class Central:
    """All charge points that are connected."""

    def __init__(self, books: Books, looks_s: float = LOOKS_S) -> None:
        self._books, self._looks_s = books, looks_s
        self._stations: dict[str, Station] = {}
        self._wrong: Counter[tuple[str, str]] = Counter()

    async def run(
        self, host: str, port: int, papers: ssl.SSLContext | None, prepared: Callable[[], None], stop: asyncio.Event
    ) -> None:
        """Serve until ``stop``; ``prepared`` is called once charge points may come. Raises OutsideFailed when the port
        is taken."""
        try:
            server = await serve(
                self._visited,
                host,
                port,
                ssl=papers,
                subprotocols=[Subprotocol(each) for each in PROTOCOLS],
                process_request=self._admit,
                max_size=FRAME_BYTES_MAX,
                max_queue=WAITING_MAX,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                compression=None,
                server_header=None,
            )
        except OSError as error:
            message = f"charge points cannot be heard on {host}:{port} ({error.strerror}): set GRIDPACT_OCPP_PORT"
            raise OutsideFailed(message) from error
        async with server:
            prepared()
            await _until(stop, self._forgive())
            for each in tuple(self._stations.values()):
                await each.leave("the market goes down")

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let a charge point in that says its own password; anybody else hears 401 and nothing more."""
        found = ADDRESS.fullmatch(request.path)
        if found is None:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        device_id = found[1]
        guesser = device_id, _address(connection)
        if self._wrong[guesser] >= WRONG_PER_MINUTE_MAX:
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "")
        if len(self._stations) >= STATIONS_MAX and device_id not in self._stations:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        try:
            proven = await asyncio.to_thread(self._is, device_id, request.headers.get_all("Authorization"))
        except OutsideFailed as failure:
            LOG.warning("charge point %s has to wait: %s", device_id, failure)
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        if proven:
            return None
        self._note_wrong(guesser)
        refusal = connection.respond(HTTPStatus.UNAUTHORIZED, "")
        return Response(
            refusal.status_code,
            refusal.reason_phrase,
            Headers([*refusal.headers.raw_items(), ("WWW-Authenticate", 'Basic realm="ocpp"')]),
            refusal.body,
        )

    def _note_wrong(self, guesser: tuple[str, str]) -> None:
        """Count one more wrong password. Where too many guess, those who still may are forgotten first."""
        if len(self._wrong) >= GUESSERS_MAX:
            stopped = {each: count for each, count in self._wrong.items() if count >= WRONG_PER_MINUTE_MAX}
            self._wrong = Counter(stopped if len(stopped) < GUESSERS_MAX else {})
        self._wrong[guesser] += 1

    def _is(self, device_id: str, authorizations: Sequence[str]) -> bool:
        user, password = _credentials(authorizations)
        known = self._books.password_hash(device_id)
        return user == device_id and known is not None and bcrypt.checkpw(password, known.encode())

    async def _visited(self, connection: ServerConnection) -> None:
        """One connection from its handshake to its end."""
        found = ADDRESS.fullmatch(connection.request.path) if connection.request else None
        assert found is not None, "the handshake has looked at the address"
        device_id, version = found[1], PROTOCOLS[str(connection.subprotocol)]
        visit = Visit(self._books, device_id, version, self._books.steps.clock)
        station = Station(visit, _Line(connection))
        older, self._stations[device_id] = self._stations.get(device_id), station
        if older is not None:
            await older.leave("connected again")
        duties = [asyncio.create_task(each(station)) for each in (self._steered, self._watched)]
        try:
            async for message in connection:
                await station.heard(message)
        except ConnectionClosed as closed:
            LOG.info("charge point %s: %s", device_id, closed)
        finally:
            for each in duties:
                each.cancel()
            await asyncio.wait(duties)
            if self._stations.get(device_id) is station:
                del self._stations[device_id]

    async def _steered(self, station: Station) -> None:
        """Tell a charge point what it should keep to, now and whenever that changes."""
        device_id = station.visit.device_id
        while True:
            try:
                if charger := await asyncio.to_thread(self._books.charger, device_id):
                    plan = await asyncio.to_thread(self._books.plan, charger)
                    safe_w = charger.power_w * self._books.safe_percent // 100
                    await station.tell(plan, safe_w, self._books.time.slot_min)
            except ConnectionClosed:
                return
            except OutsideFailed as failure:
                LOG.warning("charge point %s is not steered: %s", device_id, failure)
            await asyncio.sleep(self._looks_s)

    async def _watched(self, station: Station) -> None:
        """Send a charge point away when its credential is gone, also one that answers nothing."""
        device_id = station.visit.device_id
        while True:
            try:
                if await asyncio.to_thread(self._books.password_hash, device_id) is None:
                    await station.leave("no longer admitted")
                    return
            except OutsideFailed as failure:
                LOG.warning("charge point %s stays as long as nobody says otherwise: %s", device_id, failure)
            await asyncio.sleep(self._looks_s)

    async def _forgive(self) -> None:
        """Wrong passwords count by the minute."""
        while True:
            await asyncio.sleep(MINUTE_S)
            self._wrong.clear()


class _Line:
    """A WebSocket that one conversation writes on."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def send(self, message: str) -> None:
        await self._connection.send(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._connection.close(code, reason)


async def _until(stop: asyncio.Event, *duties: Coroutine[Any, Any, None]) -> None:
    """Do duties side by side until ``stop``, or until one of them fails."""
    tasks = [asyncio.ensure_future(each) for each in (stop.wait(), *duties)]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
    await asyncio.wait(tasks)
    for each in done:
        each.result()


def _address(connection: ServerConnection) -> str:
    """From where somebody comes, so that a stranger's guesses do not shut a charge point out."""
    came_from = connection.remote_address
    return str(came_from[0]) if came_from else ""


def _credentials(authorizations: Sequence[str]) -> tuple[str, bytes]:
    """User and password of one Basic header; empty for anything else."""
    kind, _, encoded = authorizations[0].partition(" ") if len(authorizations) == 1 else ("", "", "")
    if kind.lower() != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return user.decode(), password[:72]
    except (binascii.Error, ValueError):
        return "", b""
