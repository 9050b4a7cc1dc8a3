"""Feeders out of grid models: SimBench's by code, any radial pandapower network by file.

Lines side by side become one, busbars behind a closed coupler one node, open switches no branch. What a branch carries
is its thermal rating at nominal voltage and a power factor of one, rounded down to whole Wh of a slot. Losses and fees
are zero: they are the market's to set. Transformers that stand side by side share by impedance, so together they carry
what the first of them that is full allows.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from math import pi, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from domain.branch import Branch, Node
from domain.errors import Fault, InputRefused, OutsideFailed
from domain.feeder import Feeder, feeder_of, limit_wh, rating_kva
from domain.order import Column
from domain.site import Site
from simulation.profiles import open_grid

_FORMAT = 2
_UNREAD = ("trafo3w", "impedance", "dcline", "tcsc", "vsc")


class Parts(NamedTuple):
    """What a feeder is built of. roots: where it meets the grid above; a feeder has one.

    node_of_bus: every bus by its name, with the node that it belongs to.
    """

    nodes: list[Node]
    branches: list[Branch]
    roots: list[str]
    source_pu: float
    node_of_bus: dict[str, str]


class Grid(NamedTuple):
    """A feeder, and the row of the node at which each bus stands, by the bus's name."""

    feeder: Feeder
    row_of_bus: dict[str, int]


def load_grid(cache_dir: Path, code: str, slot_min: int = 30) -> Grid:
    """The feeder of a SimBench grid, from the cache when it holds it, else from the package (some seconds).

    Raises OutsideFailed when the package is needed and absent, InputRefused with every fault when the grid is unknown
    or no tree.
    """
    cache = cache_dir / f"feeder-{re.sub(r'[^A-Za-z0-9.-]', '_', code)}-{slot_min}-{_FORMAT}.json"
    if not cache.exists():
        parts = parts_of(open_grid(code), slot_min)
        cache.parent.mkdir(parents=True, exist_ok=True)
        whole = cache.with_suffix(".part")
        whole.write_text(json.dumps(parts), encoding="utf-8")
        os.replace(whole, cache)
    nodes, branches, *rest = json.loads(cache.read_text(encoding="utf-8"))
    ends = [Branch(name, (first, second), *more) for name, (first, second), *more in branches]
    return grid_of(Parts([Node(*node) for node in nodes], ends, *rest), slot_min)


def read_pandapower(path: Path, slot_min: int = 30) -> Grid:
    """The feeder of a network that pandapower wrote as JSON. Errors as in load_grid, and when the file is no such."""
    try:
        import pandapower
    except ImportError as missing:
        message = "A pandapower file needs the package pandapower: install Gridpact with its extra `demo`."
        raise OutsideFailed(message) from missing
    _refuse_no_network(path)
    try:
        net = pandapower.from_json(str(path))
    except (ValueError, KeyError, UserWarning) as error:
        raise InputRefused([Fault(str(path), "not_read", f"pandapower cannot read it: {error}")]) from error
    return grid_of(parts_of(net, slot_min), slot_min)


def _refuse_no_network(path: Path) -> None:
    """Raises InputRefused when a file is no JSON, or JSON of something else."""
    try:
        told = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputRefused([Fault(str(path), "not_json", f"a network is a JSON file; here: {error}")]) from error
    if not isinstance(told, dict) or told.get("_class") != "pandapowerNet":
        raise InputRefused([Fault(str(path), "no_network", "this JSON is no network that pandapower wrote")])


def grid_of(parts: Parts, slot_min: int) -> Grid:
    """The tree of the parts. Raises InputRefused with every fault."""
    feeder = feeder_of(parts.nodes, parts.branches, parts.roots, slot_min, parts.source_pu)
    row = {name: at for at, name in enumerate(feeder.names)}
    return Grid(feeder, {bus: row[node] for bus, node in parts.node_of_bus.items()})


def node_of_sites(grid: Grid, sites: Sequence[Site]) -> Column:
    """The row of the feeder at which each site stands. Shape (sites,), int64.

    Raises InputRefused with every site whose bus the grid does not have.
    """
    faults = [
        Fault(site.id, "unknown_bus", f"the grid has no bus {site.bus!r}, where {site.id} stands")
        for site in sites
        if site.bus not in grid.row_of_bus
    ]
    if faults:
        raise InputRefused(faults)
    return np.array([grid.row_of_bus[site.bus] for site in sites], np.int64)


def parts_of(net: Any, slot_min: int) -> Parts:
    """Nodes and branches of a pandapower network.

    Raises InputRefused when it joins busbars by anything but lines, switches and transformers of two windings.
    """
    unread = [table for table in _UNREAD if table in net and len(net[table]) and net[table].in_service.any()]
    if unread:
        message = "busbars are joined by a kind of branch that is not read; lines and two-winding transformers are"
        raise InputRefused([Fault(table, "unknown_branch", message) for table in unread])
    names, node_of = _bus_names(net), _joined(net)
    nodes = [
        Node(names[bus], round(row.vn_kv * 1000), *(_permille(getattr(row, at, std), std) for at, std in _BAND))
        for bus, row in zip(net.bus.index, net.bus.itertuples(), strict=True)
        if node_of[bus] == bus
    ]
    opened = {(row.et, row.element) for row in net.switch[~net.switch.closed].itertuples()}
    branches = [*_lines(net, names, node_of, opened, slot_min), *_transformers(net, names, node_of, opened, slot_min)]
    sources = net.ext_grid[net.ext_grid.in_service]
    roots = list(dict.fromkeys(names[node_of[bus]] for bus in sources.bus))
    source_pu = float(sources.vm_pu.iloc[0]) if roots else 1.0
    of_bus = {names[bus]: names[node_of[bus]] for bus in net.bus.index}
    return Parts(nodes, _side_by_side(branches), roots, source_pu, of_bus)


_BAND = (("min_vm_pu", 0.9), ("max_vm_pu", 1.1))


def _permille(value: float, standard: float) -> int:
    return round((value if value == value else standard) * 1000)


def _bus_names(net: Any) -> dict[int, str]:
    """Names as written, with the bus's number where two are alike."""
    double = net.bus.name.duplicated(keep=False)
    return {
        bus: f"{name} ({bus})" if again or not name else str(name)
        for bus, name, again in zip(net.bus.index, net.bus.name, double, strict=True)
    }


def _joined(net: Any) -> dict[int, int]:
    """For each bus the first of those that closed couplers join it to."""
    first: dict[int, int] = {bus: bus for bus in net.bus.index}
    for switch in net.switch[(net.switch.et == "b") & net.switch.closed].itertuples():
        keep, drop = sorted((first[switch.bus], first[switch.element]))
        first = {bus: keep if at == drop else at for bus, at in first.items()}
    return first


def _lines(
    net: Any, names: dict[int, str], node_of: dict[int, int], opened: set[tuple[str, int]], slot_min: int
) -> Iterator[Branch]:
    for at, row in zip(net.line.index, net.line.itertuples(), strict=True):
        if not row.in_service or ("l", at) in opened:
            continue
        volts = net.bus.vn_kv[row.from_bus] * 1000
        base_ohm, length = volts**2 / 1e6, row.length_km
        loading = getattr(row, "max_loading_percent", 100.0) / 100
        kva = rating_kva(row.max_i_ka * row.df * row.parallel, volts) * loading
        yield Branch(
            str(row.name or f"line {at}"),
            (names[node_of[row.from_bus]], names[node_of[row.to_bus]]),
            limit_wh(kva, slot_min),
            resistance_pu=row.r_ohm_per_km * length / row.parallel / base_ohm,
            reactance_pu=row.x_ohm_per_km * length / row.parallel / base_ohm,
            susceptance_pu=2 * pi * net.f_hz * row.c_nf_per_km * 1e-9 * length * row.parallel * base_ohm,
        )


def _transformers(
    net: Any, names: dict[int, str], node_of: dict[int, int], opened: set[tuple[str, int]], slot_min: int
) -> Iterator[Branch]:
    for at, row in zip(net.trafo.index, net.trafo.itertuples(), strict=True):
        if not row.in_service or ("t", at) in opened:
            continue
        mva = row.sn_mva * row.parallel
        tap = 1 + (row.tap_pos - row.tap_neutral) * row.tap_step_percent / 100 if row.tap_pos == row.tap_pos else 1.0
        high = row.vn_hv_kv / net.bus.vn_kv[row.hv_bus] * (tap if row.tap_side == "hv" else 1)
        low = row.vn_lv_kv / net.bus.vn_kv[row.lv_bus] * (tap if row.tap_side == "lv" else 1)
        resistance, impedance = row.vkr_percent / 100 / mva * low**2, row.vk_percent / 100 / mva * low**2
        iron, shunt = row.pfe_kw / 1000 * row.parallel, row.i0_percent / 100 * mva
        yield Branch(
            str(row.name or f"transformer {at}"),
            (names[node_of[row.hv_bus]], names[node_of[row.lv_bus]]),
            limit_wh(mva * 1000 * getattr(row, "max_loading_percent", 100.0) / 100, slot_min),
            resistance_pu=resistance,
            reactance_pu=sqrt(impedance**2 - resistance**2),
            conductance_pu=iron,
            susceptance_pu=-sqrt(max(shunt**2 - iron**2, 0.0)),
            ratio=high / low,
        )


def _side_by_side(branches: list[Branch]) -> list[Branch]:
    """Branches between the same nodes as one of the same effect."""
    beside: dict[frozenset[str], list[Branch]] = {}
    for branch in branches:
        beside.setdefault(frozenset(branch.ends), []).append(branch)
    return [_as_one(group) if len(group) > 1 else group[0] for group in beside.values()]


def _as_one(group: list[Branch]) -> Branch:
    admittances = [1 / complex(branch.resistance_pu, branch.reactance_pu) for branch in group]
    together = sum(admittances)
    limits = [branch.limit_wh * abs(together) / abs(each) for branch, each in zip(group, admittances, strict=True)]
    series = 1 / together
    return group[0]._replace(
        name=" + ".join(branch.name for branch in group),
        limit_wh=int(min(limits)),
        resistance_pu=series.real,
        reactance_pu=series.imag,
        conductance_pu=sum(branch.conductance_pu for branch in group),
        susceptance_pu=sum(branch.susceptance_pu for branch in group),
    )
