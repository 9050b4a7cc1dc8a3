"""The demonstration's neighbourhood: a public low-voltage grid with its yearly profiles, peopled from a seed.

What comes from the data: where the loads, PV systems and batteries stand, how large they are, and every Wh they use
and make. What is made up: names, licences, mandates with their wishes, keys, and the vehicles (simulation.vehicles).
Sites stand in sorted order of their ids; a position means a place in that order.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from domain.connection import Connections
from domain.errors import Fault, InputRefused
from domain.order import Column
from domain.party import Licence, Mandate, Party
from domain.site import Battery, Device, DeviceKind, Site, Vehicle, vehicles_at
from domain.slot import slot_wh, slots_per_day
from simulation import members
from simulation.calendar import profile_rows
from simulation.feeders import load_grid, node_of_sites
from simulation.profiles import ATTRIBUTION, Energies, load_profiles
from simulation.vehicles import Drives, chargers_of, seeded_drives

DEFAULT_COMMUNITY = "1-LV-rural3--2-sw"
DAYS_PER_WEEK = 7
__all__ = ["ATTRIBUTION", "DEFAULT_COMMUNITY", "Community", "load_community"]

# How a smaller community is picked, again and again: PV with battery, shop, plain home, PV alone, home with a heat
# pump or car. The first eight hold two batteries and a shop.
_PICKS = ("storer", "trader", "storer", "plain", "solar", "electric", "plain", "plain")


@dataclass(frozen=True, slots=True)
class Community:
    """Sites in order of id with everything that stands behind their meters.

    batteries, vehicles, distinct_load and distinct_pv speak in positions; the last two hold the first site of each
    distinct combination of load profiles, and of each PV profile: sites that share one are not independent witnesses.
    connections: the feeder they hang on. slot_min: minutes of every slot they speak of.
    """

    code: str
    seed: int
    sites: tuple[Site, ...]
    parties: tuple[Party, ...]
    devices: tuple[Device, ...]
    mandates: tuple[Mandate, ...]
    licences: tuple[Licence, ...]
    batteries: dict[int, Battery]
    distinct_load: list[int]
    distinct_pv: list[int]
    connections: Connections
    _year_load_wh: Energies
    _year_pv_wh: Energies
    attribution: str = ATTRIBUTION
    _year_starts: int | None = None
    slot_min: int = 30
    vehicles: dict[int, Vehicle] = field(default_factory=dict)
    _year_drives: Drives | None = None

    @property
    def ids(self) -> list[str]:
        """Site ids by position."""
        return [site.id for site in self.sites]

    def load_wh(self, first_slot: int, last_slot: int) -> Column:
        """What the sites use in slots ``first_slot`` to before ``last_slot``. Shape (sites, slots), int64, Wh."""
        return self._year_load_wh[:, self._rows(first_slot, last_slot)].astype(np.int64)

    def pv_wh(self, first_slot: int, last_slot: int) -> Column:
        """What their PV systems make. Shape, type, unit and range as in load_wh."""
        return self._year_pv_wh[:, self._rows(first_slot, last_slot)].astype(np.int64)

    def drives(self, first_slot: int, last_slot: int) -> Drives:
        """When the vehicles are home and what their drives use, range as in load_wh; one row a vehicle, by position."""
        if self._year_drives is not None:
            return self._year_drives.in_slots(self._rows(first_slot, last_slot))
        names = [self.sites[at].id for at in self.vehicles]
        return seeded_drives(self.seed, names, list(self.vehicles.values()), first_slot, last_slot, self.slot_min)

    def _rows(self, first_slot: int, last_slot: int) -> Column:
        """Columns of the year. A recorded year stands where it was recorded, and begins anew by whole weeks after."""
        if self._year_starts is None:
            return profile_rows(first_slot, last_slot, self.slot_min)
        slots = self._year_load_wh.shape[1]
        week = DAYS_PER_WEEK * slots_per_day(self.slot_min)
        whole_weeks = max(slots // week * week, 1)
        row = np.arange(first_slot, last_slot) - self._year_starts
        return np.where((row >= 0) & (row < slots), row, row % whole_weeks)

    def subset(self, count: int) -> "Community":
        """A smaller community of the same sites, the same for a count every time; ids are kept.

        Raises InputRefused when there are not that many.
        """
        if not 1 <= count <= len(self.sites):
            message = f"{self.code} has 1 to {len(self.sites)} sites to choose from, not {count}"
            raise InputRefused([Fault("sites", "too_many_sites", message)])
        kept = sorted(_pick_order(self)[:count])
        names = {self.sites[at].id for at in kept}
        members_left = {self.sites[at].party_id for at in kept}
        not_members = {party.id for party in self.parties} - {site.party_id for site in self.sites}
        sites = tuple(self.sites[at] for at in kept)
        return replace(
            self,
            sites=sites,
            parties=tuple(party for party in self.parties if party.id in members_left | not_members),
            devices=tuple(device for device in self.devices if device.site_id in names),
            mandates=tuple(mandate for mandate in self.mandates if mandate.site_id in names),
            batteries={new: self.batteries[old] for new, old in enumerate(kept) if old in self.batteries},
            distinct_load=_first_of_each([site.profile for site in sites]),
            distinct_pv=_first_of_each([site.pv_profile for site in sites]),
            connections=self.connections.of(kept),
            _year_load_wh=self._year_load_wh[kept],
            _year_pv_wh=self._year_pv_wh[kept],
            vehicles={new: self.vehicles[old] for new, old in enumerate(kept) if old in self.vehicles},
            _year_drives=_drives_of(self, kept),
        )


def load_community(cache_dir: Path, code: str = DEFAULT_COMMUNITY, seed: int = 1, slot_min: int = 30) -> Community:
    """The community of a SimBench grid, peopled from ``seed``; its profiles are kept in ``cache_dir``.

    Raises OutsideFailed when the data is not cached and the package simbench is not installed, InputRefused when
    SimBench has no such grid.
    """
    profiles, grid = load_profiles(cache_dir, code, slot_min), load_grid(cache_dir, code, slot_min)
    sites = tuple(map(members.site_of, members.site_ids(len(profiles.buses)), profiles.buses))
    at_bus = list(zip(sites, profiles.buses, strict=True))
    standing = [device for site, bus in at_bus for device in members.devices_of(site, bus, seed)]
    with_battery = {device.site_id for device in standing if device.kind is DeviceKind.BATTERY}
    devices = (*standing, *chargers_of(sites, with_battery, seed))
    solar = [site.id for site, bus in at_bus if bus.pv_w]
    mandates = tuple(members.mandate_of(site, bus, solar, seed) for site, bus in at_bus)
    people = [members.party_of(site, number) for number, site in enumerate(sites)]
    return Community(
        code=code,
        seed=seed,
        sites=sites,
        parties=(*people, members.RETAILER, members.PLATFORM),
        devices=devices,
        mandates=mandates,
        licences=(members.RETAILER_LICENCE,),
        batteries=_batteries(sites, devices, mandates, slot_min),
        distinct_load=_first_of_each([site.profile for site in sites]),
        distinct_pv=_first_of_each([site.pv_profile for site in sites]),
        connections=Connections(grid.feeder, node_of_sites(grid, sites)),
        _year_load_wh=profiles.load_wh,
        _year_pv_wh=profiles.pv_wh,
        slot_min=slot_min,
        vehicles=vehicles_at(sites, devices, slot_min),
    )


def _drives_of(community: Community, kept: list[int]) -> Drives | None:
    """The recorded drives of the vehicles that stay."""
    if community._year_drives is None:
        return None
    return community._year_drives.of_vehicles([row for row, at in enumerate(community.vehicles) if at in set(kept)])


def _batteries(
    sites: tuple[Site, ...], devices: tuple[Device, ...], mandates: tuple[Mandate, ...], slot_min: int
) -> dict[int, Battery]:
    """Power in Wh of a slot, rounded down."""
    found = {device.site_id: device for device in devices if device.kind is DeviceKind.BATTERY}
    return {
        at: Battery(
            device.capacity_wh, slot_wh(device.power_w, slot_min), device.efficiency_permille, mandate.reserve_wh
        )
        for at, (site, mandate) in enumerate(zip(sites, mandates, strict=True))
        if (device := found.get(site.id))
    }


def _first_of_each(names: list[str]) -> list[int]:
    """The position of the first site of each name; the empty name is nobody's."""
    return sorted({name: at for at, name in reversed(list(enumerate(names))) if name}.values())


def _pick_order(community: Community) -> list[int]:
    waiting: dict[str, list[int]] = {pick: [] for pick in _PICKS}
    for at in range(len(community.sites)):
        waiting[_pick_of(community, at)].append(at)
    order: list[int] = []
    while len(order) < len(community.sites):
        order += [waiting[pick].pop(0) for pick in _PICKS if waiting[pick]]
    return order


def _pick_of(community: Community, at: int) -> str:
    site = community.sites[at]
    if at in community.batteries:
        return "storer"
    if site.kind != "home":
        return "trader"
    if site.pv_profile:
        return "solar"
    return "electric" if "+" in site.profile else "plain"
