"""The door for charge points of a house, on a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import OutsideFailed
from gridpact.wiring import House, open_desk
from services.context import MARKET

BEGUN_S_MAX = 30.0
ENDED_S_MAX = 30.0


@contextmanager
def charged(house: House) -> Iterator[None]:
    """Charge points from entering to leaving, when the settings name a port. Raises OutsideFailed when it is taken."""
    if house.settings.ocpp_port is None:
        yield
        return
    door = _Door(house, house.settings.ocpp_port)
    door.open()
    try:
        yield
    finally:
        door.close()


class _Door:
    """The event loop in which charge points are heard."""

    def __init__(self, house: House, port: int) -> None:
        self._house, self._port = house, port
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ocpp", daemon=True)

    def open(self) -> None:
        """Return when the first charge point may come. Raises what kept the door from opening."""
        self._thread.start()
        if not self._begun.wait(BEGUN_S_MAX):
            raise OutsideFailed(f"the door for charge points did not open within {BEGUN_S_MAX:.0f} s")
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End in good order: what was answered is in the books."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(ENDED_S_MAX)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failure = failure
            if self._begun.is_set():
                raise
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        from gateways.ocpp.books import Books
        from gateways.ocpp.central import Central

        house, settings = self._house, self._house.settings
        books = Books(
            house.steps, MARKET, house.time, lambda: open_desk(house), settings.ocpp_tokens, settings.ocpp_safe_percent
        )
        central = Central(books)
        await central.run(settings.ocpp_host, self._port, _context(house), self._begun.set, self._stop)


def _context(house: House) -> ssl.SSLContext | None:
    """TLS under the house's own authority (security profile 2), unless a proxy in front of us does it (profile 1)."""
    if not house.settings.ocpp_tls:
        return None
    from gateways.broker.authority import papers

    names = list(dict.fromkeys([house.settings.ocpp_host, "localhost", "127.0.0.1"]))
    found = papers(house.places.chargers, names, house.clock())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(found.certificate, found.key)
    return context
