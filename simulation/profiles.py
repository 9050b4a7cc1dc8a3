"""The public load and generation profiles of a SimBench low-voltage grid, as metered energy.

SimBench (University of Kassel, Fraunhofer IEE, RWTH Aachen, TU Dortmund; https://simbench.de) publishes grids with
15-minute profiles of 2016. A site here is a bus with load or generation. Power becomes energy as a register does it:
what a register shows is the whole part of all energy so far, so nothing drifts however long one sums.

A SimBench element of type ``PV_Storage`` is a PV system *with* its battery in one: its published profile
``Storage_PV3_H0-G`` never takes power, peaks like the bare PV3 and yields 97 % of it. It stands here as what it is
made of: a PV system of its power on its PV profile, and a battery of its energy and power.
"""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from domain.errors import Fault, InputRefused, OutsideFailed

ATTRIBUTION = (
    "Load and generation profiles and the grid: SimBench 1-complete_data-mixed, https://simbench.de, "
    "data under the Open Database License (ODbL) 1.0, code under BSD-3-Clause; shifted to other dates by Gridpact."
)

_FORMAT = 1
_WH_PER_MW_QUARTER = 250_000
_DEFAULT_EFFICIENCY = 0.95

Watts: TypeAlias = npt.NDArray[np.float64]
Energies: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a site: its profile, e.g. ``H0-A``, ``HLS_A_3.7``, ``Soil_Alternative_1``, and nominal power."""

    profile: str
    power_w: int


@dataclass(frozen=True, slots=True)
class Bus:
    """What SimBench has at one bus. pv_profile is empty without PV, battery_wh zero without a battery."""

    name: str
    loads: tuple[Load, ...]
    pv_profile: str = ""
    pv_w: int = 0
    battery_wh: int = 0
    battery_w: int = 0
    battery_efficiency_permille: int = 1000


@dataclass(frozen=True, slots=True)
class Profiles:
    """A grid's buses and a year of their energy. load_wh, pv_wh: shape (buses, slots of 366 days), int32, Wh."""

    code: str
    buses: tuple[Bus, ...]
    load_wh: Energies
    pv_wh: Energies


def load_profiles(cache_dir: Path, code: str, slot_min: int = 30) -> Profiles:
    """The profiles of a SimBench grid, from the cache when it holds them, else from the package (some seconds).

    Raises OutsideFailed when the package is needed and absent, InputRefused when SimBench knows no such grid.
    """
    cache = cache_dir / f"profiles-{re.sub(r'[^A-Za-z0-9.-]', '_', code)}-{slot_min}-{_FORMAT}"
    if cache.with_suffix(".npz").exists():
        return _read(cache, code)
    profiles = read_simbench(code, slot_min)
    _write(cache, profiles)
    return profiles


def read_simbench(code: str, slot_min: int = 30) -> Profiles:
    """The profiles of a SimBench grid out of the package. Errors as in load_profiles."""
    net = open_grid(code)
    _refuse_other_generators(net, code)
    numbers = sorted(set(net.load.bus) | set(net.sgen.bus) | set(net.storage.bus))
    position = {number: i for i, number in enumerate(numbers)}
    load_mw, pv_mw = (np.zeros((len(numbers), len(net.profiles["load"]))) for _ in range(2))
    for row in net.load.itertuples():
        load_mw[position[row.bus]] += row.p_mw * net.profiles["load"][f"{row.profile}_pload"].to_numpy()
    buses = tuple(_bus(net, number) for number in numbers)
    for at, bus in enumerate(buses):
        if bus.pv_profile:
            pv_mw[at] = bus.pv_w / 1e6 * net.profiles["renewables"][bus.pv_profile].to_numpy()
    return Profiles(code, buses, register_energy(load_mw, slot_min), register_energy(pv_mw, slot_min))


def open_grid(code: str) -> Any:
    """The pandapower network of a SimBench grid. Errors as in load_profiles."""
    try:
        import simbench
    except ImportError as missing:
        raise OutsideFailed(
            "The demonstration community comes out of the package simbench, which is not installed: "
            "install Gridpact with its extra `demo`, or trade your own folder of CSV files."
        ) from missing
    if code not in simbench.collect_all_simbench_codes():
        message = f"SimBench knows no grid {code!r}; a low-voltage one is e.g. 1-LV-rural3--2-sw"
        raise InputRefused([Fault("community", "unknown_community", message)])
    return simbench.get_simbench_net(code)


def _refuse_other_generators(net: Any, code: str) -> None:
    others = sorted({name for name in net.sgen.profile if not str(name).startswith("PV")})
    if others:
        message = f"{code} generates with {', '.join(others)}; the demonstration knows PV only"
        raise InputRefused([Fault("community", "unknown_generator", message)])


def _bus(net: Any, number: int) -> Bus:
    loads = tuple(Load(row.profile, round(row.p_mw * 1e6)) for row in net.load[net.load.bus == number].itertuples())
    name = str(net.bus.name[number])
    sgens, storages = net.sgen[net.sgen.bus == number], net.storage[net.storage.bus == number]
    power = {row.profile: round(row.p_mw * 1e6) for row in sgens.itertuples()}
    if len(power) + len(storages) > 1:
        raise InputRefused([Fault(name, "several_generators", "more than one PV system or battery at one bus")])
    for row in storages.itertuples():
        return _bus_with_storage(name, loads, row)
    for profile, watts in power.items():
        return Bus(name, loads, profile, watts)
    return Bus(name, loads)


def _bus_with_storage(name: str, loads: tuple[Load, ...], row: Any) -> Bus:
    found = re.match(r"Storage_(PV\d+)_", row.profile)
    if row.type != "PV_Storage" or found is None:
        raise InputRefused([Fault(name, "unknown_storage", f"storage {row.profile} is not a PV system's battery")])
    watts = abs(round(row.p_mw * 1e6))
    efficiency = getattr(row, "efficiency_percent", _DEFAULT_EFFICIENCY)
    return Bus(name, loads, found[1], watts, round(row.max_e_mwh * 1e6), watts, round(efficiency * 1000))


def register_energy(power_mw: Watts, slot_min: int = 30) -> Energies:
    """Energy per slot of a register that shows whole Wh. Shape (buses, quarters) to (buses, slots).

    Inside a quarter power is even, so what does not divide into whole Wh falls to the slot in which the register turns.
    Every length reads the same register: longer slots are the sums of shorter ones, exactly.
    """
    quarter_wh = np.maximum(power_mw, 0.0) * _WH_PER_MW_QUARTER
    first_wh, second_wh = quarter_wh[:, 0::2], quarter_wh[:, 1::2]
    half_ends_wh = np.cumsum(first_wh + second_wh, axis=1)
    starts_wh = np.concatenate([np.zeros((len(power_mw), 1)), half_ends_wh[:, :-1]], axis=1)
    shares = [(min(each, 15) / 15, max(each - 15, 0) / 15) for each in range(slot_min, 31, slot_min)]
    inside_wh = [starts_wh + (first_wh * first + second_wh * second) for first, second in shares]
    seen_wh = np.stack(inside_wh, axis=-1).reshape(len(power_mw), -1) if shares else half_ends_wh[:, 1::2]
    slot_wh: Energies = np.diff(np.floor(seen_wh).astype(np.int64), axis=1, prepend=0).astype(np.int32)
    return slot_wh


def _write(cache: Path, profiles: Profiles) -> None:
    """Both files appear whole or not at all; the arrays come last, for their presence is what a reader asks."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    facts = cache.with_suffix(".json.part")
    facts.write_text(json.dumps([asdict(bus) for bus in profiles.buses], indent=1), encoding="utf-8")
    os.replace(facts, cache.with_suffix(".json"))
    arrays = cache.with_suffix(".npz.part")
    with arrays.open("wb") as file:
        np.savez(file, load_wh=profiles.load_wh, pv_wh=profiles.pv_wh)
    os.replace(arrays, cache.with_suffix(".npz"))


def _read(cache: Path, code: str) -> Profiles:
    rows = json.loads(cache.with_suffix(".json").read_text(encoding="utf-8"))
    buses = tuple(Bus(**{**row, "loads": tuple(Load(**load) for load in row["loads"])}) for row in rows)
    with np.load(cache.with_suffix(".npz")) as arrays:
        return Profiles(code, buses, arrays["load_wh"], arrays["pv_wh"])
