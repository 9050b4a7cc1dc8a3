"""Values of files become readings: in the order of their sources, once, signed, all or none."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from messages import HOME, ROOF, SHOP

from domain.errors import InputRefused
from domain.reading import Quality, Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from domain.supply_point import MeteredValue, Register, SupplyPoint
from identity.keys import KeyRing, seeded_key
from identity.signatures import Envelope, seal, verify
from memory import registry
from memory.database import Database
from memory.devices import readings
from policies.pack import load_pack
from policies.products import traded_product
from services.devices.intake import accept
from services.devices.metered_file import MeteredFile, Source, Taken, take
from services.market_time import MarketTime
from services.steps import Steps

POINTS = {
    HOME: SupplyPoint("S1", Register.TAKEN),
    ROOF: SupplyPoint("S1", Register.FED_IN),
    SHOP: SupplyPoint("S2", Register.TAKEN),
}
SLOT = Slot.at(datetime(2026, 5, 20, tzinfo=UTC)).index

NOW = datetime(2026, 6, 10, tzinfo=UTC)
SITES = ("S1", "S2")


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    """Two sites, a meter each, in June 2026."""
    with database.begin() as tx:
        for site in SITES:
            key = seeded_key(1, f"{site}-meter").public_key().public_bytes_raw()
            registry.save_site(tx, Site(site, f"P-{site}", "tokyo"))
            registry.save_device(tx, Device(f"{site}-meter", site, DeviceKind.METER, 0, public_key=key))
    return Steps(database, KeyRing(tmp_path / "keys.json", seed=1), lambda: NOW)


@pytest.fixture(scope="session")
def time() -> MarketTime:
    """Half hours in Japan."""
    return MarketTime(traded_product(load_pack("jp_demo")), ZoneInfo("Asia/Tokyo"))


def value(point: str = HOME, energy_wh: int = 100, slot: int = SLOT) -> MeteredValue:
    return MeteredValue(point, slot, energy_wh, f"f.zip:{point[-3:]}/{slot - SLOT}")


def file(source: Source, *values: MeteredValue, name: str = "") -> MeteredFile:
    return MeteredFile(source, name or f"{source}/{values}", values)


def taken(steps: Steps, time: MarketTime, given: MeteredFile) -> Taken:
    with steps.database.begin() as tx:
        return take(tx, steps, "local", time, given, POINTS)


def known(steps: Steps, site: str = "S1", register: str = "import_wh") -> int:
    with steps.database.begin() as tx:
        return int(readings.history(tx, [site], SLOT, SLOT)[register][0, 0])


def metered(steps: Steps, boot: int = 1, quality: Quality = Quality.MEASURED, **amounts: int) -> None:
    """What the home's own meter says."""
    said = Reading("S1-meter", boot, 1, SLOT, **{"import_wh": 70, "export_wh": 0, **amounts}, quality=quality)
    sent = seal(seeded_key(1, "S1-meter"), [said], created_at=steps.clock(), audience="local")
    assert accept(steps, [sent], "local", 30, backfill=True)[0].readings == 1


@pytest.mark.parametrize("order", list(permutations([Source.HALF_HOUR, Source.DAILY, Source.MONTHLY])))
def test_the_confirmed_value_counts_whichever_comes_first(
    steps: Steps, time: MarketTime, order: tuple[Source, ...]
) -> None:
    """Device < half-hourly < daily < monthly, in every order of arrival, over a device's own correction too."""
    amount = {Source.HALF_HOUR: 1, Source.DAILY: 2, Source.MONTHLY: 3}
    metered(steps, boot=900, quality=Quality.CORRECTED)
    for source in order:
        taken(steps, time, file(source, value(energy_wh=amount[source])))
    assert known(steps) == 3


def test_a_later_file_of_a_kind_overwrites_and_the_same_file_does_nothing(steps: Steps, time: MarketTime) -> None:
    """Taking a file twice changes nothing, also after a later one."""
    first, second = file(Source.DAILY, value(energy_wh=1)), file(Source.DAILY, value(energy_wh=2))
    assert not taken(steps, time, first).duplicate
    assert taken(steps, time, second).readings == 1
    assert taken(steps, time, first) == Taken(Source.DAILY, 1, 0, 0, 0, duplicate=True)
    assert known(steps) == 2


def test_a_register_that_a_file_does_not_speak_of_stays(steps: Steps, time: MarketTime) -> None:
    """Export in one file, import in another, generation from the home's own meter: one reading."""
    metered(steps, generation_wh=500, export_wh=40)
    taken(steps, time, file(Source.DAILY, value(HOME, 90), name="a"))
    taken(steps, time, file(Source.DAILY, value(ROOF, 60), name="b"))
    assert [known(steps, register=name) for name in ("import_wh", "export_wh", "generation_wh")] == [90, 60, 500]


def test_every_reading_of_a_file_holds_under_the_importer_s_key(steps: Steps, time: MarketTime) -> None:
    """Envelopes are signed by the house's importer, whose key is registered with the site's importing meter."""
    taken(steps, time, file(Source.MONTHLY, value(), value(SHOP)))
    with steps.database.begin() as tx:
        keys = {device.id: device.public_key for device in registry.devices(tx)}
        kept = list(readings.by_envelope(tx))
        assert readings.misplaced(tx) == []
    names = ("device_id", "key_id", "boot", "counter_first", "created_at", "audience", "payload", "signature")
    sealed = [Envelope(**{name: getattr(envelope, name) for name in names}) for envelope, _ in kept]
    assert sorted(each.device_id for each in sealed) == ["S1-files", "S2-files"]
    assert all(verify(each, keys[each.device_id]) for each in sealed)


def test_everything_wrong_is_said_at_once_and_nothing_is_kept(steps: Steps, time: MarketTime) -> None:
    """Unknown supply points with how often they stand there, and half hours that are not over."""
    future = time.at(steps.clock())
    odd = ["0100000000000000000001", "0200000000000000000002"]
    values = [value(), value(odd[0]), value(odd[0], slot=SLOT + 1), value(odd[1]), value(slot=future)]
    with pytest.raises(InputRefused) as caught:
        taken(steps, time, file(Source.DAILY, *values))
    assert [(fault.code, fault.where) for fault in caught.value.faults] == [
        ("unknown_supply_point", "f.zip:001/0"),
        ("unknown_supply_point", "f.zip:002/0"),
        ("future_slot", f"f.zip:444/{future - SLOT}"),
    ]
    assert "(2 values)" in str(caught.value)
    assert known(steps) == -1


def test_a_value_that_contradicts_what_is_behind_the_meter_is_refused(steps: Steps, time: MarketTime) -> None:
    """More fed in than taken and generated: the fault stands at the value, and the good ones wait with it."""
    with pytest.raises(InputRefused, match="its load would be -60 Wh"):
        taken(steps, time, file(Source.DAILY, value(ROOF, 60), value(SHOP)))
    assert known(steps, "S2") == -1


def test_an_estimate_never_outranks_a_measurement(steps: Steps, time: MarketTime) -> None:
    """A value that its file calls an estimate is kept as one."""
    metered(steps)
    estimate = value(energy_wh=999)._replace(estimated=True)
    taken(steps, time, file(Source.GREEN_BUTTON, estimate))
    assert known(steps) == 70
