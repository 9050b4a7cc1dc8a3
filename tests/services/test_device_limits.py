"""What grid signals leave of a slot to devices: never more than any limit, by site and along the wires."""

from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np
import pytest
from deal_world import MARKET, RULES, SLOT
from hypothesis import given
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.connection import Connections
from domain.feeder import feeder_of
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.site import Device, DeviceKind, Site
from services.grid.device_limits import Room, room_of
from services.orders.order_book import Desk
from services.roster import Roster
from services.steps import Steps

SITES = ("near", "far", "bare")
BELOW = {"trafo": SITES, "line": ("far", "bare")}
PV_W = {"near": 4_000, "far": 5_700}
BATTERY_W, CHARGER_W = {"near": 3_000}, {"near": 6_000, "far": 3_200}
START, END = MARKET.start(SLOT), MARKET.start(SLOT + 1)
SIGNAL = GridSignal(
    "dso", "e1", 0, "local", SignalKind.EXPORT_LIMIT, Extent.SITE, "near", 0, LimitUnit.W, START, END, END
)
TARGETS = [(Extent.SITE, site) for site in SITES] + [(Extent.BRANCH, branch) for branch in BELOW]


def street() -> Desk:
    """Three sites on one line under a transformer; the last has a meter only."""
    kinds = {DeviceKind.PV: PV_W, DeviceKind.BATTERY: BATTERY_W, DeviceKind.EV_CHARGER: CHARGER_W}
    devices = [Device(f"{site}-{kind}", site, kind, w) for kind, of in kinds.items() for site, w in of.items()]
    nodes = [Node("top"), Node("street"), Node("end")]
    lines = [Branch("trafo", ("top", "street"), 50_000), Branch("line", ("street", "end"), 20_000)]
    roster = Roster(tuple(Site(site, "P", "tokyo") for site in SITES), tuple(devices), (), {})
    wires = Connections(feeder_of(nodes, lines, ["top"]), np.array([1, 2, 2], np.int64))
    return Desk("local", cast(Steps, None), RULES, roster, wires, MARKET)


DESK = street()
LIMITS = st.builds(
    lambda kind, target, value, unit, number: replace(
        SIGNAL, id=f"e{number}", kind=kind, extent=target[0], target=target[1], value=value, unit=unit
    ),
    st.sampled_from([SignalKind.IMPORT_LIMIT, SignalKind.EXPORT_LIMIT, SignalKind.REDISPATCH]),
    st.sampled_from(TARGETS),
    st.integers(0, 1_000) | st.integers(0, 20_000),
    st.just(LimitUnit.W),
    st.integers(0, 9),
)


@given(st.lists(LIMITS, max_size=4), st.integers(0, 1_500), st.booleans())
def test_no_set_points_together_are_above_any_limit(limits: list[GridSignal], wh: int, charges: bool) -> None:
    """Of a site, and of all sites below a branch: panels at their limit with the battery, chargers with the battery."""
    rooms = {site: room_of(DESK, at, limits, []) for at, site in enumerate(SITES)}
    asked = (wh, 0) if charges else (0, wh)
    exports, imports = {}, {}
    for site, room in rooms.items():
        charge_wh, discharge_wh = room.cut(asked if site in BATTERY_W else (0, 0))
        percent = room.pv_percent(discharge_wh)
        exports[site] = discharge_wh + Fraction(percent * PV_W.get(site, 0), 200)
        full_wh = CHARGER_W.get(site, 0) // 2
        most_wh = room.charger_wh(asked, 2 * full_wh) if full_wh else 0
        imports[site] = charge_wh + (full_wh if most_wh is None else min(most_wh, full_wh))
    for each in limits:
        inside = BELOW.get(each.target, (each.target,))
        if each.kind is not SignalKind.IMPORT_LIMIT:
            assert sum(exports[site] for site in inside) <= each.limit_wh(0, 30)
        if each.kind is not SignalKind.EXPORT_LIMIT:
            assert sum(imports[site] for site in inside) <= each.limit_wh(0, 30)


@given(st.permutations([900, 1_500, 3_999]))
def test_the_worst_of_several_limits_counts_in_whatever_order(values: list[int]) -> None:
    """900 W of 4,000 W are 22 percent, rounded down."""
    limits = [replace(SIGNAL, id=f"e{value}", value=value) for value in values]
    assert room_of(DESK, 0, limits, []).pv_percent(0) == 22


@pytest.mark.parametrize("extent", [Extent.FEEDER, Extent.SITE])
def test_a_stop_takes_back_what_was_traded_and_nothing_else(extent: Extent) -> None:
    """Anybody may stop the feeder: panels and vehicles go on."""
    stop = replace(SIGNAL, kind=SignalKind.STOP, extent=extent, target="near" if extent is Extent.SITE else "")
    room = room_of(DESK, 0, [], [stop])
    assert (room.cut((5, 7)), room.pv_percent(0), room.charger_wh((5, 7), 6_000)) == ((0, 0), 100, None)
    assert room_of(DESK, 1, [], [stop]).holds is (extent is Extent.FEEDER)


def test_in_an_island_chargers_wait_and_panels_go_on() -> None:
    """Trade inside goes on, except where the island is one site. Who stands outside notices nothing."""
    island = replace(SIGNAL, kind=SignalKind.ISLAND, extent=Extent.BRANCH, target="line")
    far = room_of(DESK, 1, [island], [])
    assert (far.charger_wh((0, 0), 3_200), far.pv_percent(0), far.cut((5, 0))) == (0, 100, (5, 0))
    outside = room_of(DESK, 0, [island], [])
    assert outside == Room(pv_w=PV_W["near"], charger_w=CHARGER_W["near"])
    alone = room_of(DESK, 0, [replace(island, extent=Extent.SITE, target="near")], [])
    assert (alone.charger_wh((0, 0), 6_000), alone.cut((5, 0))) == (0, (0, 0))
