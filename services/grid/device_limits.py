"""What grid signals leave of a slot to the devices of one site: battery, panels and charger.

A limit of wires is shared by the devices below them that the market steers in its direction, each as much of it as it
has of their rated power; the worst limit between a site and the grid above counts. So the set-points of all sites
together stay below every limit. What a home draws without being told is not in it.

A stop takes back what trade asked of batteries. In an island chargers wait, and panels and batteries carry it; at a
site that is one by itself, nothing traded crosses the open meter.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from domain.grid_signal import LIMITS, Extent, GridSignal, SignalKind, in_force, strictest
from domain.order import Side
from domain.site import DeviceKind
from domain.slot import MINUTES_PER_HOUR
from memory.grid import grid_signals
from services.grid.grid_limits import SIDES, rated_wh, rows_of, sites_in
from services.grid.grid_signals import holding, knows
from services.orders.order_book import Desk

FULL_PERCENT = 100
STEERED = {
    Side.BUY: (DeviceKind.BATTERY, DeviceKind.EV_CHARGER),
    Side.SELL: (DeviceKind.BATTERY, DeviceKind.PV),
}


class Room(NamedTuple):
    """What is left to a site in a slot. import_wh, export_wh: Wh of its devices together, None without a limit.

    holds: nothing traded is carried out. waits: its chargers take nothing. pv_w, charger_w: rated power of the site's
    panels and chargers.
    """

    import_wh: int | None = None
    export_wh: int | None = None
    holds: bool = False
    waits: bool = False
    pv_w: int = 0
    charger_w: int = 0
    slot_min: int = 30

    def cut(self, move: tuple[int, int]) -> tuple[int, int]:
        """A battery's set-point (charge, discharge), Wh, as far as it has room."""
        if self.holds:
            return 0, 0
        charge_wh, discharge_wh = move
        return _least(charge_wh, self.import_wh), _least(discharge_wh, self.export_wh)

    def pv_percent(self, discharge_wh: int) -> int:
        """What panels may put out beside a discharging battery, percent of their nameplate, rounded down."""
        if self.export_wh is None or not self.pv_w:
            return FULL_PERCENT
        left_wh = max(self.export_wh - discharge_wh, 0)
        return min(left_wh * MINUTES_PER_HOUR * FULL_PERCENT // (self.pv_w * self.slot_min), FULL_PERCENT)

    def charger_wh(self, move: tuple[int, int], power_w: int) -> int | None:
        """The most that one of the site's chargers may take beside its battery, Wh, rounded down; None without a limit.

        move: the battery's set-point before it is cut. power_w: the charger's own.
        """
        if self.waits:
            return 0
        if self.import_wh is None:
            return None
        left_wh = self.import_wh - self.cut(move)[0]
        return left_wh * power_w // self.charger_w

    def drive(self, move: tuple[int, int], drive: tuple[int, int] | None) -> tuple[int | None, int]:
        """What all of the site's chargers take at most, None without a word, and what they give to the home, Wh.

        move: the battery's set-point before it is cut. drive: the chargers' own, None when the market asked nothing.
        Nothing is given where the export is bounded or chargers wait.
        """
        charge_wh, discharge_wh = drive or (None, 0)
        most_wh = self.charger_wh(move, self.charger_w) if self.charger_w else None
        if most_wh is not None:
            charge_wh = most_wh if charge_wh is None else min(charge_wh, most_wh)
        return charge_wh, 0 if self.waits or self.export_wh is not None else discharge_wh


def rooms_of(
    tx: Connection, open_desk: Callable[[], Desk], now: datetime, site_id: str, slots: Iterable[int]
) -> dict[int, Room]:
    """What the signals in force now leave a site, by slot; slots of which none speaks are left out.

    The desk is opened only when anybody has ever said anything.
    """
    every = grid_signals.every(tx)
    if not every:
        return {}
    desk = open_desk()
    if site_id not in desk.roster.position:
        return {}
    known = [each for each in every if knows(desk, each)]
    at, rooms = desk.roster.position[site_id], {}
    for slot in slots:
        time = desk.time.slot(slot)
        asked = in_force(known, time.start, time.end, now)
        held = [each for each in holding(tx, desk, slot) if knows(desk, each)]
        rooms[slot] = room_of(desk, at, asked, held)
    return {slot: room for slot, room in rooms.items() if room.holds or room.waits or room[:2] != (None, None)}


def room_of(desk: Desk, at: int, asked: Iterable[GridSignal], held: Iterable[GridSignal]) -> Room:
    """What signals leave the site at a position. asked: those in force in the slot. held: the stops that hold it."""
    spoken = list(asked)
    limits = [each for each in spoken if each.kind in LIMITS]
    islands = [each for each in spoken if each.kind is SignalKind.ISLAND and _is_within(desk, at, each)]
    return Room(
        import_wh=_share_wh(desk, at, limits, Side.BUY),
        export_wh=_share_wh(desk, at, limits, Side.SELL),
        holds=any(each.extent is Extent.FEEDER or at in sites_in(desk, each) for each in held)
        or any(each.extent is Extent.SITE for each in islands),
        waits=bool(islands),
        pv_w=_power_w(desk, {at}, (DeviceKind.PV,)),
        charger_w=_power_w(desk, {at}, (DeviceKind.EV_CHARGER,)),
        slot_min=desk.time.slot_min,
    )


def _share_wh(desk: Desk, at: int, limits: Iterable[GridSignal], side: Side) -> int | None:
    """The least that limits of one direction leave a site, Wh, rounded down."""
    path, site = _path(desk, at), desk.roster.ids[at]
    found: dict[int | None, list[tuple[GridSignal, int]]] = {}
    for each in limits:
        if side not in SIDES[each.kind]:
            continue
        if each.extent is Extent.SITE and each.target == site:
            found.setdefault(None, []).append((each, each.limit_wh(rated_wh(desk, at), desk.time.slot_min)))
        for row in path.intersection(rows_of(desk.connections, each)):
            branch_wh = int(desk.connections.feeder.limit_wh[row])
            found.setdefault(row, []).append((each, each.limit_wh(branch_wh, desk.time.slot_min)))
    shares = [_part_wh(desk, at, row, strictest(said)[1], side) for row, said in found.items()]
    return min(shares, default=None)


def _part_wh(desk: Desk, at: int, row: int | None, limit_wh: int, side: Side) -> int:
    """A site's part of what a branch may carry; all of what the site itself may."""
    if row is None:
        return limit_wh
    below = {each for each in range(len(desk.roster.ids)) if row in _path(desk, each)}
    all_w = _power_w(desk, below, STEERED[side])
    return limit_wh * _power_w(desk, {at}, STEERED[side]) // all_w if all_w else limit_wh


def _power_w(desk: Desk, positions: set[int], kinds: tuple[DeviceKind, ...]) -> int:
    """Rated power of the devices of some kinds at some sites."""
    sites = {desk.roster.ids[at] for at in positions}
    return sum(each.power_w for each in desk.roster.devices if each.kind in kinds and each.site_id in sites)


def _path(desk: Desk, at: int) -> set[int]:
    """The rows of the branches between a site and the grid above."""
    row, path = int(desk.connections.node[at]), set[int]()
    while row > 0:
        path.add(row)
        row = int(desk.connections.feeder.parent[row])
    return path


def _is_within(desk: Desk, at: int, island: GridSignal) -> bool:
    """Whether a site stands in an island. The whole feeder as one is what the market is anyway."""
    if island.extent is Extent.SITE:
        return desk.roster.ids[at] == island.target
    return not _path(desk, at).isdisjoint(rows_of(desk.connections, island))


def _least(amount_wh: int, room_wh: int | None) -> int:
    return amount_wh if room_wh is None else min(amount_wh, room_wh)
