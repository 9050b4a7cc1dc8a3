"""Values from a file become readings: signed by the house as an importer, kept by the same intake as any meter's.

Each site has an importing meter of its own, ``SITE-files``, under the key of the actor ``file-import``. A file corrects
the register that it speaks of; the others of a reading stay as the best one known has them, or zero. Which reading
counts is what memory.devices.readings says: by quality, then boot, then counter. A file's boot is its source's place
in the
order device < half-hour < daily < monthly confirmed, and each later file of a source has later counters, so that it
overwrites the earlier and never a better source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from domain.order import Column
from domain.reading import REGISTERS, Quality, Reading
from domain.site import Device, DeviceKind
from domain.supply_point import MeteredValue, SupplyPoint
from identity.signatures import Envelope, unsigned
from memory import registry
from memory.books import journal
from memory.devices import readings
from services.devices.intake import Status, accept_within
from services.market_time import MarketTime
from services.steps import Steps

ACTOR = "file-import"
IMPORTED = "file.imported"
FIRST_BOOT = 2**40  # past any count of a device's restarts


class Source(StrEnum):
    """Who says a value, in rising order of authority."""

    GREEN_BUTTON = "green-button"
    HALF_HOUR = "half-hourly"
    DAILY = "daily"
    MONTHLY = "monthly"


class MeteredFile(NamedTuple):
    """A file's values. id: its content's digest. absent: how many values the file itself says it lacks."""

    source: Source
    id: str
    values: Sequence[MeteredValue]
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. duplicate: the same file was taken before, and nothing was done."""

    source: Source
    values: int
    readings: int
    sites: int
    absent: int
    duplicate: bool = False


Grid = dict[str, Column]
Cell = tuple[str, int]


def take(
    tx: Connection, steps: Steps, audience: str, time: MarketTime, file: MeteredFile, points: Mapping[str, SupplyPoint]
) -> Taken:
    """Keep a file's values as readings inside the caller's transaction, all or none.

    Raises InputRefused with every fault: supply points that ``points`` does not name or whose site is not registered,
    half hours that are not over, amounts that contradict what is known behind the meter.
    """
    if any(True for _ in journal.entries(tx, IMPORTED, file.id)):
        return Taken(file.source, len(file.values), 0, 0, file.absent, duplicate=True)
    if faults := _stranger_faults(tx, file, points) + _future_faults(file, time, steps.clock()):
        raise InputRefused(faults)
    given = _corrected(tx, file, points)
    kept = keep_as_importer(tx, steps, audience, time, given)
    body = {"source": str(file.source), "values": len(file.values), "readings": kept, "absent": file.absent}
    steps.note(tx, ACTOR, IMPORTED, file.id, body)
    return Taken(file.source, len(file.values), kept, len({site for site, _ in given}), file.absent)


def _stranger_faults(tx: Connection, file: MeteredFile, points: Mapping[str, SupplyPoint]) -> list[Fault]:
    """One fault a number, at its first value, with how often it stands there."""
    sites = {site.id for site in registry.sites(tx)}
    first: dict[str, MeteredValue] = {}
    count: dict[str, int] = {}
    for value in file.values:
        first.setdefault(value.point, value)
        count[value.point] = count.get(value.point, 0) + 1
    faults = []
    for number, value in first.items():
        if number not in points:
            message = f"no site has the supply point {number} ({count[number]} values): add it to the --points file"
            faults.append(Fault(value.where, "unknown_supply_point", message))
        elif points[number].site_id not in sites:
            message = f"{number} belongs to {points[number].site_id!r}, and no such site is registered"
            faults.append(Fault(value.where, "unknown_site", message))
    return faults


def _future_faults(file: MeteredFile, time: MarketTime, now: datetime) -> list[Fault]:
    known = time.at(now)
    return [
        Fault(value.where, "future_slot", f"the half hour {time.label(value.slot)} is not over: is the day right?")
        for value in file.values
        if value.slot >= known
    ]


def _corrected(tx: Connection, file: MeteredFile, points: Mapping[str, SupplyPoint]) -> dict[Cell, Reading]:
    """A reading for each site and slot, without its name yet. Raises InputRefused where the load would be negative."""
    quality = Quality.MEASURED if file.source is Source.GREEN_BUTTON else Quality.CORRECTED
    cells: dict[Cell, dict[str, MeteredValue]] = {}
    for value in file.values:
        site_id, register = points[value.point]
        cells.setdefault((site_id, value.slot), {})[str(register)] = value
    known = _known(tx, list(cells))
    found, faults = {}, []
    for cell, said in cells.items():
        amounts = known[cell] | {name: value.energy_wh for name, value in said.items()}
        estimated = any(value.estimated for value in said.values())
        said_as = Quality.ESTIMATED if estimated else quality
        reading = Reading(importing_meter(cell[0]), _boot(file.source), 0, cell[1], **amounts, quality=said_as)
        found[cell] = reading
        if reading.load_wh < 0:
            message = f"with what is known behind the meter of {cell[0]}, its load would be {reading.load_wh} Wh"
            faults.append(Fault(next(iter(said.values())).where, "negative_load", message))
    if faults:
        raise InputRefused(faults)
    return found


def _known(tx: Connection, cells: Sequence[Cell]) -> dict[Cell, dict[str, int]]:
    """The registers of the best reading known, zeros where there is none."""
    if not cells:
        return {}
    sites, slots = sorted({site for site, _ in cells}), [slot for _, slot in cells]
    first = min(slots)
    grid = readings.history(tx, sites, first, max(slots))
    row = {site: at for at, site in enumerate(sites)}
    return {
        (site, slot): {name: max(int(grid[name][row[site], slot - first]), 0) for name in REGISTERS}
        for site, slot in cells
    }


def keep_as_importer(
    tx: Connection, steps: Steps, audience: str, time: MarketTime, given: Mapping[Cell, Reading]
) -> int:
    """Readings by site and slot, one envelope a site through the intake; returns how many are new.

    They bear the importing meter's name and a boot already, no counter. Raises InputRefused with whatever is refused.
    """
    key = steps.keys.public(ACTOR)
    by_site: dict[str, list[Reading]] = {}
    for (site, _), reading in sorted(given.items()):
        by_site.setdefault(site, []).append(reading)
    meters = {site: importing_meter(site) for site in by_site}
    registry.save_device(
        tx, *(Device(each, site, DeviceKind.METER, 0, public_key=key) for site, each in meters.items())
    )
    last = readings.last_counters(tx, list(meters.values()), {each.boot for each in given.values()})
    envelopes = [_sealed(steps, audience, each, last.get(meters[site], -1) + 1) for site, each in by_site.items()]
    outcomes = accept_within(tx, steps, envelopes, audience, time.slot_min, backfill=True)
    if faults := [fault for outcome in outcomes for fault in outcome.faults]:
        raise InputRefused(faults)
    assert all(outcome.status is Status.ACCEPTED for outcome in outcomes), "a new counter names a new reading"
    return sum(outcome.readings for outcome in outcomes)


def _sealed(steps: Steps, audience: str, given: Sequence[Reading], counter: int) -> Envelope:
    numbered = [replace(reading, counter=counter + at) for at, reading in enumerate(given)]
    key = steps.keys.public(ACTOR)
    bare = unsigned(key, numbered, created_at=steps.clock(), audience=audience)
    return replace(bare, signature=steps.keys.sign(ACTOR, bare.header))


def importing_meter(site_id: str) -> str:
    """The meter under which files speak of a site."""
    return f"{site_id}-files"


def _boot(source: Source) -> int:
    return FIRST_BOOT + list(Source).index(source)
