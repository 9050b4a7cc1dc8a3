"""What the VTN of ``gridpact up`` says by itself: prices and limits, and callbacks, on a thread beside the slots."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import OutsideFailed
from gridpact.wiring import House, open_desk

EVERY_S = 5.0
ENDED_S_MAX = 30.0
LOG = logging.getLogger(__name__)


@contextmanager
def publishing(house: House) -> Iterator[None]:
    """Publish and call back from entering to leaving, when the settings name OpenADR clients."""
    if not house.settings.openadr_clients:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_go_on, args=(house, stop), name="openadr", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(ENDED_S_MAX)


def _go_on(house: House, stop: threading.Event) -> None:
    from gateways.openadr.calling_back import Callbacks
    from gateways.openadr.client import clients_of
    from gateways.openadr.publishing import publish
    from gateways.webhooks.sending import Sender

    clients = clients_of(house.settings.openadr_clients)
    callbacks = Callbacks(house.steps, clients, Sender(house.settings.webhook_loopback))
    while not stop.wait(EVERY_S):
        try:
            publish(open_desk(house))
            callbacks.call_round()
        except OutsideFailed as failure:
            LOG.error("OpenADR waits: %s", failure)
        except Exception:
            LOG.exception("a round of OpenADR failed")  # the next one may not
