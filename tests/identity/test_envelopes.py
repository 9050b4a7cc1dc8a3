"""Envelopes: what is signed, what comes in over the wire, and every reason not to believe it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from coincurve import PrivateKey
from coincurve.ecdsa import der_to_cdata, serialize_compact
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import canonical_bytes
from domain.reading import Quality, Reading
from domain.site import Device, DeviceKind
from domain.slot import Slot
from identity.devices import read_envelope
from identity.keys import SECP256K1_ORDER, seeded_key
from identity.payload import AMOUNT_WH_MAX, readings_of
from identity.signatures import Envelope, seal, unsigned, verify
from identity.wire import from_wire, to_wire

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
KEY, OTHER_KEY = seeded_key(1, "M1"), seeded_key(1, "M2")
PUBLIC = KEY.public_key().public_bytes_raw()
METER = Device("M1", "S1", DeviceKind.METER, 0, public_key=PUBLIC)
SLOT = Slot.at(NOW).index - 2

amounts = st.integers(0, 100_000)
readings = st.lists(
    st.builds(
        Reading,
        device_id=st.just("M1"),
        boot=st.just(1),
        counter=st.just(0),
        slot=st.integers(0, 2_000_000),
        import_wh=amounts,
        export_wh=amounts,
        generation_wh=amounts,
        charge_wh=amounts,
        discharge_wh=amounts,
        stored_wh=amounts,
        quality=st.sampled_from(Quality),
    ),
    min_size=1,
    max_size=5,
).map(lambda given_: [replace(each, counter=place + 3) for place, each in enumerate(given_)])


def reading(**changes: Any) -> Reading:
    return replace(Reading("M1", 1, 5, SLOT, 100, 0, 50), **changes)


def sealed(*given_: Reading, **changes: Any) -> Envelope:
    settings: dict[str, Any] = {"created_at": NOW, "audience": "local"} | changes
    return seal(KEY, given_ or (reading(),), **settings)


def raw(payload: Any) -> Envelope:
    """Signed by the meter, whatever it says."""
    unsigned = replace(sealed(), payload=payload if isinstance(payload, bytes) else canonical_bytes(payload))
    return replace(unsigned, signature=KEY.sign(unsigned.header))


def codes(envelope: Envelope, device: Device | None = METER, *, backfill: bool = False) -> list[str]:
    _, faults = read_envelope(envelope, device, NOW, "local", backfill=backfill)
    return [fault.code for fault in faults]


@given(readings)
def test_what_a_meter_seals_comes_out_as_it_went_in(sent: list[Reading]) -> None:
    """Law: over the wire and back, the envelope is the same, its signature holds and its readings are the same."""
    envelope = sealed(*sent)
    arrived = from_wire(json.loads(json.dumps(to_wire(envelope))))
    assert arrived == envelope
    assert isinstance(arrived, Envelope)
    assert verify(arrived, PUBLIC)
    assert readings_of(arrived) == (sent, [])


@given(readings, st.data())
def test_no_signed_field_can_be_altered(sent: list[Reading], data: st.DataObject) -> None:
    """Law: whatever is changed in a signed envelope, the signature no longer holds."""
    envelope = sealed(*sent)
    change: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"device_id": "M2"},
                {"key_id": "0" * 16},
                {"boot": 2},
                {"counter_first": 4},
                {"created_at": NOW + timedelta(microseconds=1)},
                {"audience": "elsewhere"},
                {"payload": envelope.payload + b" "},
                {"signature": bytes(64)},
                {"signature": b""},
            ]
        )
    )
    altered = replace(envelope, **change)
    assert not verify(altered, PUBLIC)
    assert altered.id != envelope.id or "signature" in change


def test_a_good_envelope_has_no_faults() -> None:
    """And the same moment in another time zone is the same moment, under the same signature."""
    assert codes(sealed()) == []
    tokyo = replace(sealed(), created_at=datetime.fromisoformat("2026-05-20T21:00:00+09:00"))
    assert codes(tokyo) == []


@pytest.mark.parametrize(
    ("envelope", "device", "expected"),
    [
        (sealed(), None, ["unknown_device"]),
        (sealed(), replace(METER, kind=DeviceKind.PV), ["unknown_device"]),
        (sealed(), replace(METER, public_key=OTHER_KEY.public_key().public_bytes_raw()), ["wrong_key"]),
        (replace(sealed(), signature=bytes(64)), METER, ["wrong_signature"]),
        (sealed(audience="elsewhere"), METER, ["wrong_audience"]),
        (sealed(created_at=NOW + timedelta(minutes=5, seconds=1)), METER, ["future_time"]),
        (sealed(created_at=NOW + timedelta(minutes=5)), METER, []),
        (sealed(created_at=NOW - timedelta(days=46)), METER, ["stale_time"]),
        (sealed(reading(slot=SLOT + 2)), METER, ["future_slot"]),
        (sealed(reading(slot=SLOT + 1)), METER, []),
        (sealed(reading(slot=SLOT - 46 * 48)), METER, ["stale_slot"]),
        (sealed(reading(export_wh=151)), METER, ["negative_load"]),
    ],
)
def test_each_reason_not_to_believe_an_envelope_has_its_own_word(
    envelope: Envelope, device: Device | None, expected: list[str]
) -> None:
    """Programs act on the word, people read the message."""
    assert codes(envelope, device) == expected


def test_the_past_is_welcome_when_it_is_asked_for() -> None:
    """A community joins with its history; the future is refused all the same."""
    assert codes(sealed(reading(slot=SLOT - 400 * 48), created_at=NOW - timedelta(days=400)), backfill=True) == []
    assert codes(sealed(reading(slot=SLOT + 2)), backfill=True) == ["future_slot"]


def test_all_faults_come_at_once() -> None:
    """Whoever mends a meter mends it once."""
    late = seal(
        KEY,
        [reading(slot=SLOT + 9, export_wh=500)],
        created_at=NOW + timedelta(hours=1),
        audience="elsewhere",
    )
    assert codes(late) == ["wrong_audience", "future_time", "future_slot", "negative_load"]


def test_nothing_of_an_unsigned_payload_is_looked_at() -> None:
    """Before the signature holds, the payload is anybody's text."""
    assert codes(replace(sealed(), payload=b"[[[[")) == ["wrong_signature"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"no json", ["wrong_form"]),
        (b"\xff", ["wrong_form"]),
        (b"[" * 100_000, ["wrong_form"]),
        ({}, ["wrong_form"]),
        ([], ["wrong_form"]),
        ([1], ["wrong_form"]),
        ([{"slot": SLOT, "import_wh": 1}], ["wrong_unit"]),
        ([{"slot": SLOT, "unit": "kWh", "import_wh": 1}], ["wrong_unit"]),
        ([{"slot": SLOT, "unit": "Wh", "import_wh": True}], ["wrong_type"]),
        (b'[{"slot": %d, "unit": "Wh", "import_wh": 1.5}]' % SLOT, ["wrong_type"]),
        (b'[{"slot": %d, "unit": "Wh", "import_wh": NaN}]' % SLOT, ["wrong_type"]),
        ([{"slot": SLOT, "unit": "Wh", "import_wh": "1"}], ["wrong_type"]),
        ([{"slot": SLOT, "unit": "Wh", "import_wh": None}], ["wrong_type"]),
        ([{"slot": SLOT, "unit": "Wh", "import_wh": -1}], ["negative"]),
        ([{"slot": SLOT, "unit": "Wh", "import_wh": AMOUNT_WH_MAX + 1}], ["too_large"]),
        ([{"slot": True, "unit": "Wh"}], ["wrong_type"]),
        ([{"slot": 10**30, "unit": "Wh"}], ["wrong_type"]),
        ([{"unit": "Wh"}], ["wrong_type"]),
        ([{"slot": SLOT, "unit": "Wh", "quality": "guessed"}], ["unknown_quality"]),
        ([{"slot": SLOT, "unit": "Wh", "quality": []}], ["unknown_quality"]),
        ([{"slot": SLOT, "unit": "Wh", "import_kwh": 1}], ["unknown_field"]),
        (
            [{"slot": SLOT, "unit": "Wh", "import_wh": 1}, {"slot": "x", "unit": "W", "a": 1}],
            ["wrong_unit", "wrong_type", "unknown_field"],
        ),
    ],
)
def test_a_signed_payload_may_still_be_nonsense(payload: Any, expected: list[str]) -> None:
    """A signature says who speaks, not that it makes sense. One bad reading refuses its envelope."""
    assert codes(raw(payload)) == expected


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"boot": True}, "boot"),
        ({"boot": -1}, "boot"),
        ({"counter_first": 1.0}, "counter_first"),
        ({"counter_first": 2**63}, "counter_first"),
        ({"created_at": "2026-05-20T12:00:00"}, "created_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"created_at": 1}, "created_at"),
        ({"signature": "not base64!"}, "signature"),
        ({"payload": "\ud800"}, "payload"),
        ({"device_id": "a\0b"}, "device_id"),
        ({"audience": None}, "audience"),
    ],
)
def test_an_envelope_out_of_form_is_refused_by_field(change: dict[str, Any], where: str) -> None:
    """Nothing of it reaches the signature check or the database."""
    faults = from_wire(to_wire(sealed()) | change, "body[0]")
    assert isinstance(faults, list)
    assert [fault.where for fault in faults] == [f"body[0]:{where}"]


@pytest.mark.parametrize("record", [None, [], "text", 1, {}])
def test_what_is_no_envelope_is_refused(record: object) -> None:
    """Every missing field is named at once."""
    faults = from_wire(record)
    assert isinstance(faults, list)
    assert len(faults) == (8 if record == {} else 1)


def test_an_envelope_holds_one_devices_run_of_counters() -> None:
    """Sealing anything else is a mistake of the program."""
    with pytest.raises(AssertionError):
        sealed(reading(), reading(counter=7))


@given(readings)
def test_columns_say_what_a_list_says(sent: list[Reading]) -> None:
    """Law: both forms of a payload are the same readings, and each signature covers its own bytes only."""
    plain, compact = sealed(*sent), sealed(*sent, columns=True)
    assert readings_of(compact) == readings_of(plain) == (sent, [])
    assert verify(compact, PUBLIC)
    assert not verify(replace(compact, payload=plain.payload), PUBLIC)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"unit": "Wh", "slot": [SLOT], "import_wh": []}, ["wrong_form"]),
        ({"unit": "Wh", "slot": [SLOT], "import_wh": [1, 2]}, ["wrong_form"]),
        ({"unit": "Wh", "slot": []}, ["wrong_form"]),
        ({"unit": "Wh", "slot": SLOT}, ["wrong_form"]),
        ({"slot": [SLOT]}, ["wrong_unit"]),
        ({"unit": "kWh", "slot": [SLOT]}, ["wrong_unit"]),
        ({"unit": "Wh", "slot": [SLOT], "import_wh": [True]}, ["wrong_type"]),
        ({"unit": "Wh", "slot": [SLOT], "import_wh": [-1]}, ["negative"]),
        ({"unit": "Wh", "slot": [SLOT], "import_wh": [AMOUNT_WH_MAX + 1]}, ["too_large"]),
        ({"unit": "Wh", "slot": [SLOT], "quality": ["good"]}, ["unknown_quality"]),
        ({"unit": "Wh", "slot": [SLOT], "volts": [100]}, ["unknown_field"]),
        ({"unit": "Wh", "slot": [SLOT, "1"], "volts": [1, 1]}, ["unknown_field", "wrong_type", "unknown_field"]),
    ],
)
def test_a_fault_in_columns_has_the_same_words_as_in_a_list(columns: dict[str, Any], expected: list[str]) -> None:
    """Column by column or reading by reading, every fault at once."""
    assert codes(raw(columns)) == expected


@given(st.binary(min_size=32, max_size=32).filter(lambda secret: 0 < int.from_bytes(secret) < SECP256K1_ORDER))
def test_a_meter_may_sign_on_the_other_curve(secret: bytes) -> None:
    """Law: a secp256k1 signature of r and s holds under the compressed key, and its mirror image does not."""
    key = PrivateKey(secret)
    public = key.public_key.format()
    bare = unsigned(public, [reading()], created_at=NOW, audience="local")
    signature = serialize_compact(der_to_cdata(key.sign(bare.header)))
    meter = replace(METER, public_key=public)
    assert codes(replace(bare, signature=signature), meter) == []
    mirrored = signature[:32] + (SECP256K1_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
    for wrong in (mirrored, bytes(64), b"\xff" * 64, signature[:-1], key.sign(bare.header), sealed().signature):
        assert codes(replace(bare, signature=wrong), meter) == ["wrong_signature"]


def test_a_charger_is_believed_about_its_vehicle_alone() -> None:
    """What it says of the home behind its meter is a fault, by register; of a charger without a key, all of it."""
    charger = Device("M1", "S1", DeviceKind.EV_CHARGER, 6_000, public_key=PUBLIC)
    good = Reading("M1", 1, 1, SLOT, 0, 0, vehicle_charge_wh=900, vehicle_stored_wh=4_000)
    batch, faults = read_envelope(sealed(good), charger, NOW, "local")
    assert batch is not None
    assert (list(map(batch.reading, range(len(batch.slot)))), faults) == ([good], [])
    much = replace(good, import_wh=900, stored_wh=1)
    _, faults = read_envelope(sealed(much), charger, NOW, "local")
    assert {fault.where.rpartition(":")[2] for fault in faults} == {"import_wh", "stored_wh"}
    _, faults = read_envelope(sealed(good), replace(charger, public_key=b""), NOW, "local")
    assert [fault.code for fault in faults] == ["unknown_device"]


def test_a_fault_says_little_of_a_long_value() -> None:
    """Nobody is sent back all that it sent."""
    long = ["x" * 10_000]
    faults = from_wire(to_wire(sealed()) | {"boot": long, "audience": long})
    assert isinstance(faults, list)
    assert [len(each.message) < 200 for each in faults] == [True, True]
