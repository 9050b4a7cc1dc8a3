"""A street's door on a socket of its own, for peers that others wrote."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import sleep

import uvicorn
from street import Street

from gateways.http.doors import Doors
from identity.passkey import Website


@contextmanager
def served(street: Street, change: Callable[[Doors], Doors] = lambda doors: doors) -> Iterator[str]:
    """The origin under which it answers, which it knows as its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def here(doors: Doors) -> Doors:
        return change(replace(doors, reception=replace(doors.reception, website=Website(origin))))

    server = uvicorn.Server(uvicorn.Config(street.app(here), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    try:
        yield origin
    finally:
        server.should_exit = True
        thread.join(10)
