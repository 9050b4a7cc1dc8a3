"""Made-up use that can wait: dishwashers and water heaters of a few homes, and what their members file for tomorrow.

The day's use comes on top of the recorded profiles. Where the session placed it, it runs then; what was not placed runs
when its owner is used to it, in the evening, and so does all of it in the run without trading. Only homes without sun
and battery have such use: their tariff knows no time of day, so without trading they would pay the same for it whenever
it runs, and what a member is compared with stays exact (decision 0019). A few roofs offer blocks of their midday sun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.order import Column, Side
from domain.quantity import split_in_proportion
from domain.site import DeviceKind
from domain.slot import slot_wh
from simulation.community import Community

MEMBERS = 3
WINDOW_HOURS, HABIT_HOUR = (9, 16), 19
"""When it may run, and when its owner would start it: seven in the evening."""
RUN_WH = (200, 300, 100)
"""A dishwasher, half hour by half hour."""
LOAD_WH, LOAD_W = 1_800, 1_200
ROOF_W_MAX = 600
HALF_HOUR_MIN = 30
BUY_MAX_MJPY_PER_KWH, MARGIN_MJPY_PER_KWH = 15_000, 1_000
LABEL = "made-up"

Placed = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class FlexibleUse:
    """One use of one day: the order that its member files, and what it uses by slot when its owner decides, Wh."""

    order: DayAheadOrder
    habit_wh: Mapping[int, int]

    def runs_wh(self, placed: Placed) -> dict[int, int]:
        """What it uses in each slot, Wh: where it was placed; the rest of it at its owner's hours, the last first."""
        window = set(self.order.window)
        runs = {slot: wh for slot, wh in placed.get(self.order.id, {}).items() if slot in window}
        left_wh = sum(self.habit_wh.values()) - sum(runs.values())
        for slot, wh in sorted(self.habit_wh.items(), reverse=True):
            part_wh = min(wh, left_wh)
            left_wh -= part_wh
            runs[slot] = runs.get(slot, 0) + part_wh
        return runs


def flexible_uses(community: Community, slots: Sequence[int], cap_mjpy_per_kwh: int) -> tuple[FlexibleUse, ...]:
    """The uses of one day, by position. slots: of the day. cap: what buying from a neighbour may cost at most so that
    nobody, whatever its tier, pays more than the utility asks."""
    first, last = (_place(hour, slots) for hour in WINDOW_HOURS)
    start, load_slot_wh = slots[_place(HABIT_HOUR, slots)], slot_wh(LOAD_W, community.slot_min)
    run_wh = _over_slots(RUN_WH, community.slot_min)
    plain = [at for at, site in enumerate(community.sites) if not _kinds(community, site.id) & _OWN_SUPPLY]
    found = []
    for number, at in enumerate(plain[: 2 * MEMBERS]):
        site = community.sites[at].id
        limit = min(cap_mjpy_per_kwh, community.mandates[at].buy_max_mjpy_per_kwh, BUY_MAX_MJPY_PER_KWH)
        window = (slots[first], slots[last - 1])
        if number % 2:
            order = DayAheadOrder(f"{LABEL}-dishes", site, Kind.RUN, Side.BUY, limit, window, run_wh)
            habit = dict(enumerate(run_wh, start))
        else:
            name = f"{LABEL}-water"
            order = DayAheadOrder(name, site, Kind.LOAD, Side.BUY, limit, window, (LOAD_WH,), load_slot_wh)
            full, rest_wh = divmod(LOAD_WH, load_slot_wh)
            habit = dict(enumerate([load_slot_wh] * full + [rest_wh] * bool(rest_wh), start))
        found.append(FlexibleUse(order, habit))
    return tuple(found)


def roof_blocks(community: Community, slots: Sequence[int]) -> list[DayAheadOrder]:
    """What a few roofs without a battery offer: a block over midday, and one after it that leans on the first."""
    roofs = [at for at, site in enumerate(community.sites) if _kinds(community, site.id) & _OWN_SUPPLY == {_PV}]
    found = []
    for at in roofs[:MEMBERS]:
        site, mandate = community.sites[at].id, community.mandates[at]
        power_w = sum(each.power_w for each in community.devices if each.site_id == site and each.kind is _PV)
        energy_wh = min(max(slot_wh(min(power_w // 10, ROOF_W_MAX), community.slot_min), 1), mandate.order_max_wh)
        limit = mandate.sell_min_mjpy_per_kwh
        for name, first, last, parent in (("noon", 10.5, 12.5, None), ("after", 12.5, 14, f"{LABEL}-noon")):
            where = tuple(slots[_place(first, slots) : _place(last, slots)])
            energies = (energy_wh,) * len(where)
            more = limit if parent is None else limit + MARGIN_MJPY_PER_KWH
            key = f"{LABEL}-{name}"
            found.append(DayAheadOrder(key, site, Kind.BLOCK, Side.SELL, more, where, energies, parent=parent))
    return found


def extra_load_wh(
    uses: Sequence[FlexibleUse], placed: Placed, site_ids: Sequence[str], first_slot: int, last_slot: int
) -> Column:
    """What the uses add to each site in slots ``first_slot`` to before ``last_slot``. Shape (sites, slots), Wh."""
    position = {site: at for at, site in enumerate(site_ids)}
    added_wh = np.zeros((len(site_ids), last_slot - first_slot), np.int64)
    for use in uses:
        for slot, wh in use.runs_wh(placed).items():
            if first_slot <= slot < last_slot:
                added_wh[position[use.order.site_id], slot - first_slot] += wh
    return added_wh


def _place(hour: float, slots: Sequence[int]) -> int:
    """The place among a day's slots of the one in which an hour begins."""
    return int(hour * len(slots)) // 24


def _over_slots(half_hours_wh: Sequence[int], slot_min: int) -> tuple[int, ...]:
    """Energies by half hour as energies by slot, with the same sum; what a split leaves over comes first."""
    if slot_min > HALF_HOUR_MIN:
        joined = slot_min // HALF_HOUR_MIN
        return tuple(sum(half_hours_wh[at : at + joined]) for at in range(0, len(half_hours_wh), joined))
    parts = HALF_HOUR_MIN // slot_min
    return tuple(wh for each in half_hours_wh for wh in split_in_proportion(each, [1] * parts))


def _kinds(community: Community, site_id: str) -> set[DeviceKind]:
    return {device.kind for device in community.devices if device.site_id == site_id}


_PV = DeviceKind.PV
_OWN_SUPPLY = {DeviceKind.PV, DeviceKind.BATTERY}
