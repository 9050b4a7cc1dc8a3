"""The made-up meters: signed by each meter's own key, complete, and the same bytes in every run."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from identity.devices import read_envelope
from identity.payload import readings_of
from identity.signatures import Envelope, verify
from identity.wire import from_wire
from simulation.community import Community
from simulation.homes import Flows, Homes
from simulation.meters import BACKFILL_PATH, READINGS_PATH, Meters

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says."""

    status_code: int = 202

    def json(self) -> Any:
        return []


@dataclass(frozen=True, slots=True)
class Door:
    """A transport that keeps what is posted."""

    posts: list[tuple[str, Any]] = field(default_factory=list)

    def post(self, url: str, *, json: Any) -> Answer:
        self.posts.append((url, json))
        return Answer()


def opened(posted: Any) -> list[Envelope]:
    """Envelopes out of a post's JSON."""
    envelopes = [from_wire(record) for record in posted]
    assert all(isinstance(envelope, Envelope) for envelope in envelopes)
    return [envelope for envelope in envelopes if isinstance(envelope, Envelope)]


def test_a_slot_is_one_post_of_envelopes_that_verify(community: Community, first_slot_traded: int) -> None:
    """118 meters, each under the key that the registry holds for it, for this audience."""
    door, meters = Door(), Meters(community, "market-a")
    flows = Homes(community, first_slot_traded).step(first_slot_traded, {}, {})
    answer = meters.send_slot(door, first_slot_traded, flows, NOW)
    [(url, posted)] = door.posts
    keys = {device.id: device.public_key for device in community.devices}
    envelopes = opened(posted)
    assert answer.status_code == 202
    assert url == READINGS_PATH
    assert len(envelopes) == 118
    assert all(verify(envelope, keys[envelope.device_id]) for envelope in envelopes)
    assert {envelope.audience for envelope in envelopes} == {"market-a"}


def test_a_slot_that_is_sent_long_after_is_sent_as_the_past(community: Community, first_slot_traded: int) -> None:
    """After an absence readings are old on purpose, and the door that refuses stale ones is told."""
    small, door = community.subset(8), Door()
    flows = Homes(small, first_slot_traded).step(first_slot_traded, {}, {})
    Meters(small, "market-a").send_slot(door, first_slot_traded, flows, NOW, backfill=True)
    assert [url for url, _ in door.posts] == [BACKFILL_PATH]


def test_device_trust_believes_every_envelope(community: Community, past: Flows, first_slot_traded: int) -> None:
    """What the identity floor looks at holds: key, signature, audience, clock and contents, for slot and backfill."""
    small = community.subset(8)
    at_small = [community.ids.index(site) for site in small.ids]
    columns = Flows(*(column[at_small] for column in past))
    meters, devices = Meters(small, "market-a"), {device.id: device for device in small.devices}
    sent = [
        *meters.backfill(first_slot_traded - columns.import_wh.shape[1], columns, NOW),
        *meters.envelopes(first_slot_traded - 1, Flows(*(column[:, -1] for column in columns)), NOW),
    ]
    for envelope in sent:
        device = devices[envelope.device_id]
        assert read_envelope(envelope, device, NOW, "market-a", backfill=True)[1] == []
        assert read_envelope(envelope, device, NOW, "market-b", backfill=True)[1] != []


def test_what_was_metered_is_what_arrives(community: Community, past: Flows, first_slot_traded: int) -> None:
    """The backfill's envelopes hold every register of every slot, and the load comes out of them."""
    first = first_slot_traded - 28 * 48
    for at, envelope in zip(range(8), Meters(community, "market-a").backfill(first, past, NOW), strict=False):
        readings, faults = readings_of(envelope)
        assert not faults
        assert [reading.slot for reading in readings] == list(range(first, first_slot_traded))
        assert [reading.load_wh for reading in readings] == community.load_wh(first, first_slot_traded)[at].tolist()
        assert [reading.stored_wh for reading in readings] == past.stored_wh[at].tolist()


def test_a_reading_keeps_its_name_in_slot_and_backfill(
    community: Community, past: Flows, first_slot_traded: int
) -> None:
    """Sent alone or with the past, a reading has the same device, boot and counter, so that it counts once."""
    small = community.subset(8)
    at_small = [community.ids.index(site) for site in small.ids]
    columns = Flows(*(column[at_small][:, -4:] for column in past))
    meters = Meters(small, "market-a")
    backfilled = [readings_of(envelope)[0][-1] for envelope in meters.backfill(first_slot_traded - 4, columns, NOW)]
    last = Flows(*(column[:, -1] for column in columns))
    alone = [readings_of(envelope)[0][0] for envelope in meters.envelopes(first_slot_traded - 1, last, NOW)]
    assert alone == backfilled


def test_two_runs_send_the_same_bytes(community: Community, first_slot_traded: int) -> None:
    """Keys come from the seed and signatures are deterministic: envelopes of two runs have one id and signature."""
    flows = Homes(community, first_slot_traded).step(first_slot_traded, {}, {})
    one, two = (Meters(community, "market-a").envelopes(first_slot_traded, flows, NOW) for _ in range(2))
    assert one == two


def test_a_backfill_is_a_post_for_each_site(community: Community, first_slot_traded: int) -> None:
    """Big envelopes travel one by one, so that one that fails is sent again alone."""
    small, door = community.subset(8), Door()
    columns = Flows(*(np.zeros((8, 5), np.int64) for _ in Flows._fields))
    assert len(list(Meters(small, "market-a").send_backfill(door, first_slot_traded, columns, NOW))) == 8
    assert [(url, len(posted)) for url, posted in door.posts] == [(BACKFILL_PATH, 1)] * 8
