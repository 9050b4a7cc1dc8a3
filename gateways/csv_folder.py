"""A community's own data as a folder of two CSV files, ``sites.csv`` and ``readings.csv``, in full or not at all.

sites.csv: one row a metered site.
    site_id, party_id   names; required
    area                supply area as the rule pack names it, e.g. tokyo; required
    kind, bus           home, shop, ... (home when empty); node of the grid model (empty when unknown)
    pv_w                nominal power of the PV system, W
    battery_wh, battery_w, battery_efficiency_permille
                        content in Wh, power in W, efficiency each way (950 when empty)
    meter_key           raw public Ed25519 key of the meter, 64 hex digits; without it only imports are believed
    wish_partner, wish_source, wish_local_first, wish_premium_mjpy_per_kwh
                        the site it would rather buy from; solar or battery; yes or no; what it pays at most for it
    vehicle_wh, vehicle_w, vehicle_efficiency_permille
                        content in Wh, the charger's power in W, efficiency each way (950 when empty)
    vehicle_asked_wh, vehicle_departure, vehicle_feeds_home
                        the content asked for at a time of the day, e.g. 7:30; yes when it may feed its home
    sell_min_mjpy_per_kwh, buy_max_mjpy_per_kwh, order_max_wh, reserve_wh
                        what its agent may do: the limits of price, the most of one order, what the battery keeps
    supply_point, feed_in_point
                        the network operator's numbers of the site, 22 digits, for what it takes and what it feeds in

readings.csv: one row a site and slot of the market, in any order.
    site_id             as in sites.csv; required
    slot_start          ISO 8601 with offset, on the start of a slot, e.g. 2026-05-20T13:00+09:00; required
    import_wh, export_wh
                        energy from and to the grid, whole Wh; required
    generation_wh, charge_wh, discharge_wh, stored_wh
                        PV, battery charged and discharged, its content at the end of the slot; zero when empty
    vehicle_charge_wh, vehicle_discharge_wh, vehicle_stored_wh
                        the same of the vehicle; its content is zero while it is away
    quality             measured (when empty), estimated, substituted or corrected
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from domain.errors import Fault, InputRefused
from domain.party import Mandate
from domain.reading import Quality, Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from domain.wish import Wishes
from gateways.csv_mandates import MANDATE_CELLS, mandate_of
from gateways.csv_points import FED_IN, TAKEN, points_of
from gateways.csv_table import Row, read_table
from gateways.csv_vehicles import READING_CELLS, SITE_CELLS, charger_of, check_vehicle
from gateways.csv_wishes import LOCAL_FIRST, PARTNER, PREMIUM, SOURCE, refuse_strangers, wishes_of

SITES, READINGS = "sites.csv", "readings.csv"
SITE_COLUMNS = ("site_id", "party_id", "area")
SITE_OPTIONAL = (
    *("kind", "bus", "pv_w", "battery_wh", "battery_w", "battery_efficiency_permille", "meter_key"),
    *(PARTNER, SOURCE, LOCAL_FIRST, PREMIUM),
    *SITE_CELLS,
    *MANDATE_CELLS,
    *(TAKEN, FED_IN),
)
READING_COLUMNS = ("site_id", "slot_start", "import_wh", "export_wh")
READING_AMOUNTS = ("generation_wh", "charge_wh", "discharge_wh", "stored_wh", *READING_CELLS)
READING_OPTIONAL = (*READING_AMOUNTS, "quality")
DEFAULT_EFFICIENCY_PERMILLE = 950
POWER_W_MAX = 10_000_000
ENERGY_WH_MAX = 100_000_000
KEY_HEX_DIGITS = 64


class Folder(NamedTuple):
    """What a folder holds: sites by id, their meters and machines, readings by site and slot, wishes by site.

    mandates: by site, of those that give one.
    """

    sites: list[Site]
    devices: list[Device]
    readings: list[Reading]
    wishes: dict[str, Wishes]
    mandates: dict[str, Mandate]


class _SiteRow(NamedTuple):
    """A site as its row says, with the line it stands on."""

    site: Site
    line: int
    devices: list[Device]
    wishes: Wishes
    mandate: Mandate | None

    def device(self, kind: DeviceKind) -> Device | None:
        return next((device for device in self.devices if device.kind is kind), None)


def read_folder(path: Path, slot_min: int = 30) -> Folder:
    """Both files of a folder, in slots of ``slot_min`` minutes.

    Raises InputRefused with every fault, each as ``file:line:column``.
    """
    site_rows, site_faults = read_table(path / SITES, SITE_COLUMNS, SITE_OPTIONAL)
    reading_rows, reading_faults = read_table(path / READINGS, READING_COLUMNS, READING_OPTIONAL)
    sites = _sites(site_rows) if _readable(site_faults) else None
    readings = _readings(reading_rows, sites, slot_min) if _readable(reading_faults) else []
    faults = _in_order(site_faults, site_rows) + _in_order(reading_faults, reading_rows)
    if faults or sites is None:
        raise InputRefused(faults)
    ordered = [sites[site_id] for site_id in sorted(sites)]
    return Folder(
        [each.site for each in ordered],
        [device for each in ordered for device in each.devices],
        sorted(readings, key=lambda reading: (reading.device_id, reading.slot)),
        {each.site.id: each.wishes for each in ordered},
        {each.site.id: each.mandate for each in ordered if each.mandate},
    )


def _readable(faults: Sequence[Fault]) -> bool:
    """Whether rows can be read under this header: nothing is said of cells in a file without its columns."""
    return not {fault.code for fault in faults} & {"missing_file", "missing_column", "not_utf8"}


def _in_order(form_faults: Sequence[Fault], rows: Sequence[Row]) -> list[Fault]:
    """The faults of one file from its first line to its last."""
    faults = [*form_faults, *(fault for row in rows for fault in row.faults)]
    return sorted(faults, key=lambda fault: int(fault.where.split(":")[1]) if ":" in fault.where else 0)


def _sites(rows: Sequence[Row]) -> dict[str, _SiteRow]:
    sites: dict[str, _SiteRow] = {}
    for row in rows:
        found = _site(row)
        if found.site.id in sites:
            first = sites[found.site.id].line
            row.refuse("site_id", "double_site", f"{found.site.id} already stands in line {first}")
        else:
            sites[found.site.id] = found
    for row in rows:
        refuse_strangers(row, sites)
    return sites


def _site(row: Row) -> _SiteRow:
    site = Site(
        id=row.name("site_id"),
        party_id=row.name("party_id"),
        area=row.name("area"),
        bus=row.text("bus"),
        kind=row.name("kind", "home"),
    )
    meter = Device(meter_of(site.id), site.id, DeviceKind.METER, 0, public_key=_meter_key(row))
    points_of(row)
    pv_w = row.whole("pv_w", POWER_W_MAX, 0)
    pv = [Device(f"{site.id}-pv", site.id, DeviceKind.PV, pv_w)] if pv_w else []
    battery, wishes = _battery(row, site.id), wishes_of(row)
    mandate = mandate_of(row, site.id, sum(each.capacity_wh for each in battery), wishes)
    return _SiteRow(site, row.line, [meter, *pv, *battery, *charger_of(row, site.id)], wishes, mandate)


def meter_of(site_id: str) -> str:
    """The id of the meter whose readings a folder holds."""
    return f"{site_id}-meter"


def _meter_key(row: Row) -> bytes:
    written = row.text("meter_key")
    try:
        key = bytes.fromhex(written)
    except ValueError:
        key = b"?"
    if written and len(key) * 2 != KEY_HEX_DIGITS:
        row.refuse("meter_key", "wrong_key", f"a meter's key is {KEY_HEX_DIGITS} hex digits, not {written[:20]!r}")
        return b""
    return key


def _battery(row: Row, site_id: str) -> list[Device]:
    capacity_wh, power_w = row.whole("battery_wh", ENERGY_WH_MAX, 0), row.whole("battery_w", POWER_W_MAX, 0)
    efficiency = row.whole("battery_efficiency_permille", 1000, DEFAULT_EFFICIENCY_PERMILLE)
    if bool(capacity_wh) != bool(power_w):
        column = "battery_w" if capacity_wh else "battery_wh"
        row.refuse(column, "half_battery", "a battery has both battery_wh and battery_w above zero")
    if not efficiency:
        row.refuse("battery_efficiency_permille", "no_efficiency", "a battery that gives nothing back is none")
    if not capacity_wh:
        return []
    return [Device(f"{site_id}-battery", site_id, DeviceKind.BATTERY, power_w, capacity_wh, efficiency)]


def _readings(rows: Sequence[Row], sites: dict[str, _SiteRow] | None, slot_min: int) -> list[Reading]:
    """Readings in order of rows. The same reading twice counts once; another reading of the same slot is a fault.

    sites: None when they could not be read; then nothing is said of what stands behind a meter.
    """
    readings: dict[tuple[str, int], tuple[Reading, int]] = {}
    if sites is not None:
        _refuse_unknown_sites(rows, sites)
    for row in rows:
        reading = _reading(row, sites or {}, slot_min)
        if reading is None:
            continue
        known, line = readings.setdefault((reading.device_id, reading.slot), (reading, row.line))
        if known != reading:
            row.refuse("slot_start", "conflict", f"line {line} says otherwise of the same site and slot")
    return [reading for reading, _ in readings.values()]


def _reading(row: Row, sites: dict[str, _SiteRow], slot_min: int) -> Reading | None:
    site_id, slot = row.text("site_id"), _slot(row, slot_min)
    amounts = {name: row.whole(name, ENERGY_WH_MAX) for name in ("import_wh", "export_wh")}
    for name in READING_AMOUNTS:
        amounts[name] = row.whole(name, ENERGY_WH_MAX, 0)
    quality = _quality(row)
    if row.faults or slot is None or site_id not in sites:
        return None
    reading = Reading(meter_of(site_id), 0, slot, slot, **amounts, quality=quality)
    _check_behind_meter(row, reading, sites[site_id])
    return None if row.faults else reading


def _refuse_unknown_sites(rows: Sequence[Row], sites: dict[str, _SiteRow]) -> None:
    """A fault at the first row of each unknown site, which counts the others."""
    unknown: dict[str, list[Row]] = {}
    for row in rows:
        if row.text("site_id") not in sites:
            unknown.setdefault(row.text("site_id"), []).append(row)
    for site_id, found in unknown.items():
        near = get_close_matches(site_id, sites, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        message = f"{SITES} has no site {site_id!r}, named in {len(found)} rows{hint}"
        found[0].refuse("site_id", "unknown_site", message)


def _slot(row: Row, slot_min: int) -> int | None:
    moment = row.moment("slot_start")
    if moment is None:
        return None
    slot = Slot.at(moment, slot_min)
    if slot.start != moment:
        row.refuse("slot_start", "not_a_slot", f"{row.text('slot_start')} begins no slot of {slot_min} minutes")
        return None
    return slot.index


def _quality(row: Row) -> Quality:
    written = row.text("quality", Quality.MEASURED)
    if written not in set(map(str, Quality)):
        row.refuse("quality", "unknown_quality", f"{written!r} is none of {', '.join(Quality)}")
        return Quality.MEASURED
    return Quality(written)


def _check_behind_meter(row: Row, reading: Reading, site: _SiteRow) -> None:
    battery = site.device(DeviceKind.BATTERY)
    if reading.generation_wh and site.device(DeviceKind.PV) is None:
        row.refuse("generation_wh", "no_pv", f"{site.site.id} has no pv_w in {SITES} but generates")
    for name in ("charge_wh", "discharge_wh", "stored_wh"):
        if getattr(reading, name) and battery is None:
            row.refuse(name, "no_battery", f"{site.site.id} has no battery in {SITES}")
    if battery and reading.stored_wh > battery.capacity_wh:
        message = f"{reading.stored_wh} Wh are more than the battery's {battery.capacity_wh} Wh"
        row.refuse("stored_wh", "above_capacity", message)
    check_vehicle(row, reading, site.device(DeviceKind.EV_CHARGER))
    if reading.load_wh < 0:
        message = f"import - export + generation - what is charged and not given back is {reading.load_wh} Wh"
        row.refuse("import_wh", "negative_load", message)
