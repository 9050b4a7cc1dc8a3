"""The meters of the demonstration: they sign what they measured and send it to the readings' door of the HTTP gateway.

Each meter seals its readings under its own key. A reading's counter is its slot, so its name is the same however
often and in whatever company it is sent. Nothing here knows where the gateway is: a transport posts for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.reading import Reading
from identity.keys import seeded_key
from identity.signatures import Envelope, seal
from identity.wire import to_wire
from simulation.community import Community
from simulation.homes import Flows
from simulation.members import meter_of

READINGS_PATH = "/api/v1/readings"
BACKFILL_PATH = f"{READINGS_PATH}?backfill=true"
BOOT = 1


class Response(Protocol):
    """What comes back from a post, as httpx and Starlette's test client give it."""

    @property
    def status_code(self) -> int: ...
    def json(self) -> Any: ...


class Transport(Protocol):
    """Whoever posts JSON to the gateway: an httpx.Client, a test client."""

    def post(self, url: str, *, json: Any) -> Response: ...


@dataclass(frozen=True, slots=True)
class Meters:
    """All meters of a community. ``audience``: the market that the envelopes are meant for, signed with them."""

    community: Community
    audience: str

    def envelopes(self, slot: int, flows: Flows, created_at: datetime) -> list[Envelope]:
        """One envelope with one reading for each site, by position. flows: columns (sites,) of that slot."""
        columns = Flows(*(column[:, None] for column in flows))
        return list(self.backfill(slot, columns, created_at))

    def backfill(self, first_slot: int, flows: Flows, created_at: datetime) -> Iterator[Envelope]:
        """One envelope with the whole past for each site, by position. flows: columns (sites, slots)."""
        for at, site in enumerate(self.community.sites):
            meter_id = meter_of(site.id)
            readings = _readings(meter_id, first_slot, Flows(*(column[at] for column in flows)))
            key = seeded_key(self.community.seed, meter_id)
            yield seal(key, readings, created_at=created_at, audience=self.audience)

    def send_slot(
        self, transport: Transport, slot: int, flows: Flows, created_at: datetime, *, backfill: bool = False
    ) -> Response:
        """Post a slot's envelopes of all sites at once, as the concentrator of a neighbourhood does.

        backfill: they are old on purpose, after an absence.
        """
        path = BACKFILL_PATH if backfill else READINGS_PATH
        return send(transport, self.envelopes(slot, flows, created_at), path)

    def send_backfill(
        self, transport: Transport, first_slot: int, flows: Flows, created_at: datetime
    ) -> Iterator[Response]:
        """Post the past as such, one envelope a site and a post each, as the answers are asked for."""
        for envelope in self.backfill(first_slot, flows, created_at):
            yield send(transport, [envelope], BACKFILL_PATH)


def send(transport: Transport, envelopes: Sequence[Envelope], path: str = READINGS_PATH) -> Response:
    """Post envelopes in one request."""
    return transport.post(path, json=[to_wire(envelope) for envelope in envelopes])


def _readings(meter_id: str, first_slot: int, flows: Flows) -> list[Reading]:
    rows = zip(*(column.tolist() for column in flows), strict=True)
    return [Reading(meter_id, BOOT, slot, slot, *row) for slot, row in enumerate(rows, first_slot)]
