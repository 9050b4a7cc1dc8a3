"""A VTN of OpenADR 2.0b that others wrote (openleadr), on a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

SOON = datetime(2040, 5, 20, 3, tzinfo=UTC)  # after the wall clock of openleadr, which looks at no other


class Vtn:
    """openleadr's server on a loop of its own. opted: what the VEN answered, by event."""

    def __init__(self, port: int, **more: Any) -> None:
        from openleadr import OpenADRServer

        self.loop, self.opted = asyncio.new_event_loop(), []  # type: ignore[var-annotated]
        self.url = f"{'https' if more else 'http'}://127.0.0.1:{port}/OpenADR2/Simple/2.0b"
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

        async def registered(_: Any) -> tuple[str, str]:
            return "ven-1", "registration-1"

        async def begun() -> Any:
            server = OpenADRServer(vtn_id="DSO", http_port=port, **more)
            server.add_handler("on_create_party_registration", registered)
            await server.run()
            return server

        self.server = self.run(begun())

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def add(self, name: str, kw: float, **more: Any) -> None:
        """An event of half an hour."""

        async def answered(ven_id: str, event_id: str, opt_type: str) -> None:
            self.opted.append((event_id, opt_type))

        async def added() -> None:
            interval = {"dtstart": SOON, "duration": timedelta(minutes=30), "signal_payload": kw}
            known = {"signal_name": "LOAD_DISPATCH", "signal_type": "setpoint", "intervals": [interval]} | more
            self.server.add_event(ven_id="ven-1", event_id=name, callback=answered, **known)

        self.run(added())

    def change(self, name: str, revision: int, **more: Any) -> None:
        """Modify an event: its targets, its priority, or whether it is a test."""

        from openleadr.utils import group_targets_by_type

        async def changed() -> None:
            (event,) = [each for each in self.server.events["ven-1"] if each.event_descriptor.event_id == name]
            event.event_descriptor.modification_number = revision
            event.event_descriptor.test_event = more.get("test")
            event.event_descriptor.priority = more.get("priority", 0)
            event.targets = more.get("targets", event.targets)
            event.targets_by_type = group_targets_by_type(event.targets)

        self.run(changed())

    def take(self, name: str, revision: int, status: str) -> None:
        """Change an event's state, or drop it when the status is empty."""

        async def changed() -> None:
            events = self.server.events["ven-1"]
            (event,) = [each for each in events if each.event_descriptor.event_id == name]
            event.event_descriptor.modification_number = revision
            event.event_descriptor.event_status = status
            if not status:
                events.remove(event)
            self.server.events_updated["ven-1"] = True

        self.run(changed())


@contextmanager
def peer(**more: Any) -> Iterator[Vtn]:
    """The VTN on a free port. more: as its server takes it, for TLS and signatures."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    made = Vtn(port, **more)
    yield made
    made.run(made.server.stop())
    made.loop.call_soon_threadsafe(made.loop.stop)
