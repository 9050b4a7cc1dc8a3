"""The door for charge points of a house, on a thread of its own."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from gridpact.loop_thread import Serve, looped
from gridpact.wiring import House, open_desk
from services.context import MARKET

BEGUN_S_MAX = 30.0


@contextmanager
def charged(house: House) -> Iterator[None]:
    """Charge points from entering to leaving, when the settings name a port. Raises OutsideFailed when it is taken."""
    if house.settings.ocpp_port is None:
        yield
        return
    with looped("ocpp", "the door for charge points", BEGUN_S_MAX, _serving(house, house.settings.ocpp_port)):
        yield


def _serving(house: House, port: int) -> Serve:
    async def serve(prepared: Callable[[], None], stop: asyncio.Event) -> None:
        from gateways.ocpp.books import Books
        from gateways.ocpp.central import Central

        settings = house.settings
        desk = partial(open_desk, house)
        books = Books(house.steps, MARKET, house.time, desk, settings.ocpp_tokens, settings.ocpp_safe_percent)
        await Central(books).run(settings.ocpp_host, port, _context(house), prepared, stop)

    return serve


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
