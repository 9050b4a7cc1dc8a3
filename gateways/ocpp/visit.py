"""One charge point's visit: what is known of it while it is connected, and how its messages reach the books."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from domain.errors import Fault
from gateways.ocpp.books import Books
from gateways.ocpp.frame import Version
from gateways.ocpp.sampled import Found, samples_of
from memory.devices.chargers import Sample

BEAT_S = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, under which version. _charging: the connectors on which a transaction goes on."""

    books: Books
    device_id: str
    version: Version
    now: Callable[[], datetime]
    _charging: set[int] = field(default_factory=set)

    def accepted(self) -> dict[str, Any]:
        """The answer to a charge point that has started."""
        return {"currentTime": self.time(), "interval": BEAT_S, "status": "Accepted"}

    def time(self) -> str:
        """Our clock, which charge points set theirs by."""
        return f"{self.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

    def begun(self, connector: int) -> None:
        self._charging.add(connector)

    def ended(self, connector: int) -> None:
        self._charging.discard(connector)

    def read(self, connector: int, values: Iterable[Any], *, charging: bool = False) -> Found:
        """Meter values as samples."""
        return samples_of(connector, values, self.now(), charging=charging or connector in self._charging)

    def keep(self, samples: Sequence[Sample], faults: Sequence[Fault]) -> None:
        """Into the books; what was wrong becomes an alarm, and is still answered: it would come again for ever."""
        if samples:
            self.books.keep(self.device_id, samples)
        if faults:
            self.books.alarm(self.device_id, faults)


Actions: TypeAlias = dict[str, Callable[[Visit, dict[str, Any]], dict[str, Any]]]


def allowed(visit: Visit, token: str) -> str:
    """What the standard calls a token that may charge, or may not."""
    return "Accepted" if visit.books.admits(visit.device_id, token) else "Invalid"


def heard(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A message that asks for nothing."""
    return {}


def booted(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """Whoever proved who it is, is welcome."""
    return visit.accepted()


def beat(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    return {"currentTime": visit.time()}


def other_data(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """Vendors' own messages: we know none."""
    return {"status": "UnknownVendorId"}
