"""What a member wants to know of one site now: prices, the plan ahead, today's earnings, how old the data is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.site import DeviceKind
from memory import registry
from memory.books import settlements
from memory.devices import readings, setpoints
from memory.trading import clearings, contracts
from services.market_time import MarketTime
from services.orders.positions import HOLDS

PLAN_SLOTS = 12


class Planned(NamedTuple):
    """What a site does in a coming slot, Wh: contracted both ways, and asked of its battery. start: UTC."""

    slot: int
    start: datetime
    sell_wh: int
    buy_wh: int
    charge_wh: int
    discharge_wh: int


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site at one moment. Prices of the auction, None while nothing traded; earned_ujpy: today's settled slots,
    received less paid. read_until: the end of the last slot that was read. capacity_wh: of its batteries together."""

    site_id: str
    price_now_mjpy_per_kwh: int | None
    price_next_mjpy_per_kwh: int | None
    plan: tuple[Planned, ...]
    earned_ujpy: int
    read_until: datetime | None
    trading: bool
    reserve_wh: int
    capacity_wh: int


def status_of(tx: Connection, site_id: str, now: datetime, time: MarketTime) -> SiteStatus:
    """The site's status. Raises RuleBroken when the site has no mandate."""
    slot, mandate = time.at(now), registry.mandates(tx).get(site_id)
    if mandate is None:
        raise RuleBroken(f"site {site_id} has no mandate")
    settled = settlements.of_slots(tx, time.slots_of(time.day_of(slot))[0], slot)
    prices = {row.slot: row.price_mjpy_per_kwh for row in clearings.between(tx, slot, slot + 1)}
    return SiteStatus(
        site_id,
        prices.get(slot),
        prices.get(slot + 1),
        tuple(_plan(tx, site_id, slot, time)),
        sum(row.net_ujpy for row in settled if row.site_id == site_id),
        _read_until(tx, site_id, slot, time),
        mandate.active,
        mandate.reserve_wh,
        capacity_wh(tx, site_id),
    )


def capacity_wh(tx: Connection, site_id: str) -> int:
    """What the site's batteries hold together, Wh."""
    at_site = (each for each in registry.devices(tx) if each.site_id == site_id)
    return sum(each.capacity_wh for each in at_site if each.kind is DeviceKind.BATTERY)


def _plan(tx: Connection, site_id: str, slot: int, time: MarketTime) -> Iterable[Planned]:
    last = slot + PLAN_SLOTS - 1
    held = [each for each in contracts.between(tx, slot, last) if each.state in HOLDS]
    moves = setpoints.of_slots(tx, DeviceKind.BATTERY, slot, last)
    for at in range(slot, last + 1):
        here = [each for each in held if each.slot == at]
        sell_wh = sum(each.standing_wh for each in here if each.seller_site == site_id)
        buy_wh = sum(each.standing_wh for each in here if each.buyer_site == site_id)
        planned = Planned(at, time.start(at), sell_wh, buy_wh, *moves.get(at, {}).get(site_id, (0, 0)))
        if any(planned[2:]):
            yield planned


def _read_until(tx: Connection, site_id: str, slot: int, time: MarketTime) -> datetime | None:
    """Looks back one day; what is older has no age worth showing."""
    first = slot - time.per_day
    known = np.flatnonzero(readings.history(tx, [site_id], first, slot)["import_wh"][0] >= 0)
    return time.slot(first + int(known[-1])).end if len(known) else None
