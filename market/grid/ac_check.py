"""What really flows: an AC power flow of every slot after its clearing, by power-grid-model, all slots in one batch.

The clearing knows limits of energy; the check knows currents, reactive power, losses and voltages. Power of a slot is
its energy over its length. power-grid-model's iterative current method is a fixed point on one factorised matrix, fast
for many slots of one grid. A grid without impedances is not checked, and that is said. A slot in which no voltages
exist that would carry its power has the linear map's (market.grid.voltage_map): far below any band, so it is found.
"""

from dataclasses import replace
from enum import IntEnum
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from domain.feeder import MINUTES_PER_HOUR, Feeder, Reals
from domain.order import Column
from domain.quantity import PERMILLE
from market.grid.voltage_map import squared_voltages
from market.grid.whole_wh import flows_wh

_WATTS_PER_MVA = 1e6
_UNLIMITED_VA = 1e15
_STIFF_VA = 1e15
_TOLERANCE_PU = 1e-8


class Violation(IntEnum):
    """What a power flow shows that may not be."""

    OVERLOAD = 0
    LOW_VOLTAGE = 1
    HIGH_VOLTAGE = 2


class Finding(NamedTuple):
    """One violation: of the branch above ``node`` or at it, in a row of the slots checked; value and what is allowed,
    in permille of the limit or of nominal voltage, rounded away from what is allowed."""

    slot: int
    node: int
    violation: Violation
    value_permille: int
    allowed_permille: int


class GridCheck(NamedTuple):
    """The result of a check. refusal: why none is claimed, empty when it was made; then findings is all there is.

    voltage_pu, loading_pu: Shape (slots, nodes), float64; loading of the branch above over its limit; zero at the root.
    """

    refusal: str
    findings: tuple[Finding, ...]
    voltage_pu: Reals
    loading_pu: Reals

    def __str__(self) -> str:
        if self.refusal:
            return f"no grid check claimed: {self.refusal}"
        return f"{len(self.voltage_pu)} slots checked, {len(self.findings)} violations"


def check_grid(feeder: Feeder, demand_wh: Column, reactive_varh: Column | None = None) -> GridCheck:
    """An AC power flow for each slot. demand_wh: Shape (slots, nodes), int64, Wh, all that is used less all that is
    made at each node, traded or not; reactive_varh: the same for reactive energy, zero when None.
    """
    if why := missing(feeder):
        nothing = np.zeros((0, len(feeder.parent)))
        return GridCheck(why, (), nothing, nothing)
    model = model_of(feeder)
    update = update_of(feeder, demand_wh, np.zeros_like(demand_wh) if reactive_varh is None else reactive_varh)
    found = power_flow(model, update)
    voltage_pu = found["node"]["u_pu"]
    loading_pu = loading_of(feeder, found["generic_branch"])
    for slot in model.batch_error.failed_scenarios if model.batch_error else ():
        voltage_pu[slot], loading_pu[slot] = _collapsed(feeder, demand_wh[slot], update["sym_load"][slot])
    return GridCheck("", findings_of(feeder, voltage_pu, loading_pu), voltage_pu, loading_pu)


def _collapsed(feeder: Feeder, demand_wh: Column, load: Any) -> tuple[Reals, Reals]:
    """Voltage and loading where no power flow exists, by the linear map. Each shape (nodes,)."""
    active, reactive = float(np.abs(load["p_specified"]).sum()), float(np.abs(load["q_specified"]).sum())
    flow_wh, _ = flows_wh(demand_wh, replace(feeder, loss_permille=np.zeros_like(feeder.loss_permille)))
    squared = squared_voltages(feeder, flow_wh, round(PERMILLE * reactive / active) if active else 0)
    loading_pu = np.zeros(len(feeder.parent))
    loading_pu[1:] = np.abs(flow_wh[1:]) * MINUTES_PER_HOUR / feeder.slot_min / _rating_va(feeder)
    return np.sqrt(np.maximum(squared, 0.0)), loading_pu


def missing(feeder: Feeder) -> str:
    """What an AC check lacks, empty when it lacks nothing."""
    if len(feeder.parent) == 1:
        return "the feeder is one node without wires"
    bare = np.flatnonzero((feeder.resistance_pu == 0) & (feeder.reactance_pu == 0))[1:]
    if bare.size:
        return f"{bare.size} branches have no impedance, the first is {feeder.branch_names[bare[0]]}"
    return ""


def model_of(feeder: Feeder) -> Any:
    """The feeder as a power-grid-model: a node each, a branch each but for the root, a load at each node."""
    from power_grid_model import LoadGenType, PowerGridModel, initialize_array

    nodes = len(feeder.parent)
    rows, below = np.arange(nodes, dtype=np.int32), np.arange(1, nodes, dtype=np.int32)
    node = initialize_array("input", "node", nodes)
    node["id"], node["u_rated"] = rows, feeder.voltage_v
    branch = initialize_array("input", "generic_branch", nodes - 1)
    branch["id"], branch["from_node"], branch["to_node"] = nodes + below, feeder.parent[1:], below
    branch["from_status"], branch["to_status"] = 1, 1
    base_ohm = feeder.voltage_v[1:] ** 2 / _WATTS_PER_MVA
    branch["r1"], branch["x1"] = feeder.resistance_pu[1:] * base_ohm, feeder.reactance_pu[1:] * base_ohm
    branch["g1"], branch["b1"] = feeder.conductance_pu[1:] / base_ohm, feeder.susceptance_pu[1:] / base_ohm
    branch["k"], branch["theta"] = feeder.ratio[1:], 0.0
    load = initialize_array("input", "sym_load", nodes)
    load["id"], load["node"], load["status"], load["type"] = 2 * nodes + rows, rows, 1, LoadGenType.const_power
    load["p_specified"], load["q_specified"] = 0.0, 0.0
    source = initialize_array("input", "source", 1)
    source["id"], source["node"], source["status"] = 3 * nodes, 0, 1
    source["u_ref"], source["sk"] = feeder.source_permille / PERMILLE, _STIFF_VA
    return PowerGridModel({"node": node, "generic_branch": branch, "sym_load": load, "source": source})


def update_of(feeder: Feeder, demand_wh: Column, reactive_varh: Column) -> Any:
    """The loads of all slots as a batch for model_of. Shapes (slots, nodes)."""
    from power_grid_model import initialize_array

    load = initialize_array("update", "sym_load", demand_wh.shape)
    nodes, per_hour = demand_wh.shape[1], MINUTES_PER_HOUR / feeder.slot_min
    load["id"] = 2 * nodes + np.arange(nodes, dtype=np.int32)
    load["p_specified"], load["q_specified"] = demand_wh * per_hour, reactive_varh * per_hour
    return {"sym_load": load}


def power_flow(model: Any, update: Any) -> Any:
    """Voltages and currents of a batch, on one thread."""
    from power_grid_model import CalculationMethod

    return model.calculate_power_flow(
        update_data=update,
        calculation_method=CalculationMethod.iterative_current,
        error_tolerance=_TOLERANCE_PU,
        max_iterations=100,
        threading=-1,
        continue_on_batch_error=True,
        output_component_types={"node": ["u_pu"], "generic_branch": ["i_from", "i_to"]},
    )


def loading_of(feeder: Feeder, current: Any) -> Reals:
    """The larger of a branch's currents, over what its limit is at nominal voltage. Shape (slots, nodes)."""
    loading_pu = np.zeros((len(current["i_from"]), len(feeder.parent)))
    amperes = _rating_va(feeder) / sqrt(3)
    upper, lower = feeder.voltage_v[feeder.parent[1:]] / amperes, feeder.voltage_v[1:] / amperes
    np.maximum(current["i_from"] * upper, current["i_to"] * lower, out=loading_pu[:, 1:])
    return loading_pu


def findings_of(feeder: Feeder, voltage_pu: Reals, loading_pu: Reals) -> tuple[Finding, ...]:
    """Every violation, by kind, slot and node."""
    low, high = feeder.low_permille / PERMILLE, feeder.high_permille / PERMILLE
    watched = voltage_pu[:, 1:]
    noise_pu = 10 * _TOLERANCE_PU
    kinds = (
        (Violation.OVERLOAD, loading_pu[:, 1:], loading_pu[:, 1:] > 1 + noise_pu, np.full(len(low), PERMILLE)),
        (Violation.LOW_VOLTAGE, watched, watched < low[1:] - noise_pu, feeder.low_permille),
        (Violation.HIGH_VOLTAGE, watched, watched > high[1:] + noise_pu, feeder.high_permille),
    )
    return tuple(
        Finding(int(slot), int(at) + 1, kind, _away(value[slot, at], kind), int(allowed[at + 1]))
        for kind, value, wrong, allowed in kinds
        for slot, at in zip(*np.nonzero(wrong), strict=True)
    )


def _away(value_pu: float, kind: Violation) -> int:
    """Permille, rounded away from the band: a violation never rounds into what is allowed."""
    permille = value_pu * PERMILLE
    return int(np.floor(permille)) if kind is Violation.LOW_VOLTAGE else int(np.ceil(permille))


def _rating_va(feeder: Feeder) -> npt.NDArray[np.float64]:
    """Limits as apparent power. What carries nothing is the clearing's affair: the wire itself may still be there."""
    rating_va = feeder.limit_wh[1:] * MINUTES_PER_HOUR / feeder.slot_min
    return np.where(rating_va > 0, rating_va, _UNLIMITED_VA)
