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
from domain.site import DeviceKind
from simulation.community import Community

MEMBERS = 3
HABIT_SLOT = 38
"""The slot of the day in which its owner would start it: seven in the evening."""
RUN_WH = (200, 300, 100)
LOAD_WH, LOAD_SLOT_WH = 1_800, 600
ROOF_WH_MAX = 300
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
    plain = [at for at, site in enumerate(community.sites) if not _kinds(community, site.id) & _OWN_SUPPLY]
    found = []
    for number, at in enumerate(plain[: 2 * MEMBERS]):
        site = community.sites[at].id
        limit = min(cap_mjpy_per_kwh, community.mandates[at].buy_max_mjpy_per_kwh, BUY_MAX_MJPY_PER_KWH)
        window = (slots[18], slots[31])
        if number % 2:
            order = DayAheadOrder(f"{LABEL}-dishes", site, Kind.RUN, Side.BUY, limit, window, RUN_WH)
            habit = dict(enumerate(RUN_WH, slots[HABIT_SLOT]))
        else:
            name = f"{LABEL}-water"
            order = DayAheadOrder(name, site, Kind.LOAD, Side.BUY, limit, window, (LOAD_WH,), LOAD_SLOT_WH)
            habit = dict.fromkeys(range(slots[HABIT_SLOT], slots[HABIT_SLOT] + LOAD_WH // LOAD_SLOT_WH), LOAD_SLOT_WH)
        found.append(FlexibleUse(order, habit))
    return tuple(found)


def roof_blocks(community: Community, slots: Sequence[int]) -> list[DayAheadOrder]:
    """What a few roofs without a battery offer: a block over midday, and one after it that leans on the first."""
    roofs = [at for at, site in enumerate(community.sites) if _kinds(community, site.id) & _OWN_SUPPLY == {_PV}]
    found = []
    for at in roofs[:MEMBERS]:
        site, mandate = community.sites[at].id, community.mandates[at]
        power_w = sum(each.power_w for each in community.devices if each.site_id == site and each.kind is _PV)
        energy_wh = min(max(power_w // 20, 1), ROOF_WH_MAX, mandate.order_max_wh)
        limit = mandate.sell_min_mjpy_per_kwh
        for name, first, last, parent in (("noon", 21, 25, None), ("after", 25, 28, f"{LABEL}-noon")):
            where = tuple(slots[first:last])
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


def _kinds(community: Community, site_id: str) -> set[DeviceKind]:
    return {device.kind for device in community.devices if device.site_id == site_id}


_PV = DeviceKind.PV
_OWN_SUPPLY = {DeviceKind.PV, DeviceKind.BATTERY}
