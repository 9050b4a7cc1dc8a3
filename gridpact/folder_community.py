"""A user's own CSV folder as a community to trade in fast motion.

Use, generation and drives are the folder's own readings; batteries and vehicles live again under our set-points, so
charge and discharge are not taken over. What a folder does not say is assumed as in the demonstration, and labelled
there: mandates, the retailer, and the meters' keys, which stand in for the real meters' own.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from domain.errors import Fault, InputRefused
from domain.order import Column
from domain.party import Mandate, Party, Role
from domain.reading import Reading
from domain.site import Battery, Device, DeviceKind, Site, vehicles_at
from domain.slot import Slot, slot_wh
from domain.wish import Wishes
from gateways.csv_folder import Folder, read_folder
from gateways.csv_vehicles import READING_CELLS
from gateways.feeder_folder import connections_of_folder
from gridpact.folder_drives import drives_of
from identity.keys import seeded_key
from simulation.community import Community
from simulation.members import (
    BUY_MAX_MJPY_PER_KWH,
    ORDER_MAX_WH,
    PLATFORM,
    RETAILER,
    RETAILER_LICENCE,
    SELL_MIN_FLOOR_MJPY_PER_KWH,
)

RESERVE_PERCENT = 10
REGISTERS = ("load_wh", "generation_wh", *READING_CELLS)


def community_of_folder(path: Path, seed: int, first_slot: int, last_slot: int, slot_min: int) -> Community:
    """The folder's community, with every site known in every slot from first to last.

    Raises InputRefused with every fault of the files, or naming the sites and slots that are missing.
    """
    folder = read_folder(path, slot_min)
    sites = tuple(folder.sites)
    registers = _columns(folder, first_slot, last_slot, slot_min)
    pv_wh = registers["generation_wh"]
    devices = tuple(_with_seeded_key(device, seed) for device in folder.devices)
    batteries, vehicles = _batteries(sites, devices, slot_min), vehicles_at(sites, devices, slot_min)
    return Community(
        code=path.name,
        seed=seed,
        sites=sites,
        parties=(*(Party(site.party_id, site.party_id, Role.MEMBER) for site in sites), RETAILER, PLATFORM),
        devices=devices,
        mandates=tuple(
            folder.mandates.get(site.id) or _mandate(site, batteries.get(at), folder.wishes[site.id])
            for at, site in enumerate(sites)
        ),
        licences=(RETAILER_LICENCE,),
        batteries=batteries,
        distinct_load=list(range(len(sites))),
        distinct_pv=[at for at in range(len(sites)) if pv_wh[at].any()],
        connections=connections_of_folder(path, [site.id for site in sites], slot_min),
        _year_load_wh=registers["load_wh"].astype(np.int32),
        _year_pv_wh=pv_wh.astype(np.int32),
        attribution=f"Readings: the folder {path.name}. Mandates, retailer and meter keys are assumed.",
        _year_starts=first_slot,
        slot_min=slot_min,
        vehicles=vehicles,
        _year_drives=drives_of(vehicles, registers),
    )


def _columns(folder: Folder, first_slot: int, last_slot: int, slot_min: int) -> dict[str, Column]:
    """Use, generation and what vehicles did, shape (sites, slots), Wh."""
    position = {site.id: at for at, site in enumerate(folder.sites)}
    site_of = {device.id: position[device.site_id] for device in folder.devices if device.kind is DeviceKind.METER}
    shape = (len(folder.sites), last_slot - first_slot + 1)
    registers = {name: np.full(shape, -1, np.int64) for name in REGISTERS}
    for reading in folder.readings:
        if first_slot <= reading.slot <= last_slot:
            for name, column in registers.items():
                column[site_of[reading.device_id], reading.slot - first_slot] = getattr(reading, name)
    faults = [
        _hole(site, registers["load_wh"][at], Slot(first_slot, slot_min), folder.readings)
        for at, site in enumerate(folder.sites)
    ]
    if found := [fault for fault in faults if fault]:
        raise InputRefused(found)
    return registers


def _hole(site: Site, load_wh: Column, start: Slot, readings: list[Reading]) -> Fault | None:
    missing = np.flatnonzero(load_wh < 0)
    if not missing.size:
        return None
    first, length = (start + int(missing[0])).start, start.length_min
    known = sorted({reading.slot for reading in readings})
    span = (
        f"{Slot(known[0], length).start:%Y-%m-%d} to {Slot(known[-1], length).start:%Y-%m-%d} UTC"
        if known
        else "nothing"
    )
    return Fault(
        f"readings.csv:{site.id}",
        "missing_slots",
        f"{missing.size} slots are missing, the first starts {first:%Y-%m-%d %H:%M} UTC; the folder holds {span}. "
        "A day is traded on 56 days of history before it: choose --date and --days inside that",
    )


def _with_seeded_key(device: Device, seed: int) -> Device:
    if device.kind is not DeviceKind.METER:
        return device
    return replace(device, public_key=seeded_key(seed, device.id).public_key().public_bytes_raw())


def _batteries(sites: tuple[Site, ...], devices: tuple[Device, ...], slot_min: int) -> dict[int, Battery]:
    position = {site.id: at for at, site in enumerate(sites)}
    return {
        position[device.site_id]: Battery(
            device.capacity_wh,
            slot_wh(device.power_w, slot_min),
            device.efficiency_permille,
            device.capacity_wh * RESERVE_PERCENT // 100,
        )
        for device in devices
        if device.kind is DeviceKind.BATTERY
    }


def _mandate(site: Site, battery: Battery | None, wishes: Wishes) -> Mandate:
    """Sell from the utility's buy-back on, buy up to the highest that is assumed anywhere; wishes as in the folder."""
    order_max_wh = ORDER_MAX_WH.get(site.kind, ORDER_MAX_WH["home"])
    reserve_wh = battery.reserve_wh if battery else 0
    return Mandate(
        site.id, 1, SELL_MIN_FLOOR_MJPY_PER_KWH, BUY_MAX_MJPY_PER_KWH[1], reserve_wh, order_max_wh, wishes=wishes
    )
