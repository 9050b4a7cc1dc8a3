"""Who takes part, in columns: one position a site, in the order of the site ids.

Mass work speaks in positions. This is the one place where a position gets its name, its battery and the utility
price it would pay instead.
"""

from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from domain.party import Licence
from domain.site import Battery, Device, DeviceKind, Site, Vehicle, vehicles_at
from domain.slot import slot_wh
from domain.tariff import RetailTariff
from market.auction.admission import Mandates, mandate_columns
from memory import registry
from memory.devices.coverage import Coverage

BILLING_DAYS = 30


@dataclass(frozen=True, slots=True)
class Roster:
    """The community as columns. ``batteries`` maps a position to the storage behind that meter, ``vehicles`` to the
    vehicle at its charger. ``coverage``: for which slots the sites were read, counted once for all who ask."""

    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    licences: tuple[Licence, ...]
    batteries: dict[int, Battery]
    vehicles: dict[int, Vehicle] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage, init=False, compare=False)

    @property
    def ids(self) -> list[str]:
        return [site.id for site in self.sites]

    @property
    def position(self) -> dict[str, int]:
        return {site.id: position for position, site in enumerate(self.sites)}


def load_roster(tx: Connection, slot_min: int) -> Roster:
    """The registered community, with power as Wh in slots of so many minutes. Batteries keep what the mandate in force
    reserves for an outage."""
    sites = tuple(registry.sites(tx))
    devices = tuple(registry.devices(tx))
    mandates = registry.mandates(tx)
    position = {site.id: at for at, site in enumerate(sites)}
    batteries = {
        position[device.site_id]: Battery(
            device.capacity_wh,
            slot_wh(device.power_w, slot_min),
            device.efficiency_permille,
            mandates[device.site_id].reserve_wh if device.site_id in mandates else 0,
        )
        for device in devices
        if device.kind is DeviceKind.BATTERY
    }
    return Roster(sites, devices, tuple(registry.licences(tx)), batteries, vehicles_at(sites, devices, slot_min))


def alternative_prices(import_wh: Column, tariff: RetailTariff) -> Column:
    """What the utility would charge each site for one kWh more. Shape (sites,), mJPY/kWh.

    import_wh: shape (sites, slots), the last 30 days, -1 where nothing was read. The site's own marginal tier is the
    tier of its monthly use, kWh rounded down.
    """
    monthly_kwh = np.maximum(import_wh, 0).sum(axis=1) // 1000
    return np.array([tariff.marginal(int(kwh)) for kwh in monthly_kwh], np.int64)


def mandates_in_force(tx: Connection, roster: Roster) -> Mandates:
    """The mandates in columns, one row a site. Every registered site has one."""
    given = registry.mandates(tx)
    return mandate_columns([given[site.id] for site in roster.sites])
