"""What the AC check finds, against an independent power flow."""

from importlib.util import find_spec
from math import sqrt

import numpy as np
import pytest
from feeders import weak_street

from domain.branch import Branch, Node
from domain.feeder import feeder_of, one_node
from market.grid.ac_check import Violation, check_grid


def two_node_voltage(power_pu: float, resistance: float, reactance: float) -> float:
    """The voltage at the end of one line from 1 pu, active power only: the root of its quadratic."""
    half = 1 - 2 * resistance * power_pu
    impedance = (resistance**2 + reactance**2) * power_pu**2
    return sqrt((half + sqrt(half**2 - 4 * impedance)) / 2)


def test_one_line_has_the_voltage_of_its_quadratic() -> None:
    """v^4 + (2 (r p + x q) - 1) v^2 + |z|^2 |s|^2 = 0 for a source of one."""
    feeder = feeder_of(
        [Node("a"), Node("b")], [Branch("1", ("a", "b"), 50_000, resistance_pu=0.5, reactance_pu=0.3)], ["a"]
    )
    demand_wh = np.array([[0, 40_000], [0, 0], [0, -40_000]])
    check = check_grid(feeder, demand_wh)
    expected = [two_node_voltage(power, 0.5, 0.3) for power in (0.08, 0.0, -0.08)]
    assert np.allclose(check.voltage_pu[:, 1], expected, atol=1e-7)
    assert check.loading_pu[0, 1] == pytest.approx(0.8 / expected[0], abs=1e-6)


def test_findings_name_every_violation_at_once() -> None:
    """Slot, node, kind, value and what is allowed, each."""
    check = check_grid(weak_street(), np.array([[0, 0, 0, 60_000], [0, 0, 0, 0], [0, 0, 0, -60_000]]))
    found = {(finding.slot, finding.node, finding.violation) for finding in check.findings}
    assert (0, 3, Violation.OVERLOAD) in found
    assert (0, 3, Violation.LOW_VOLTAGE) in found
    assert {(2, 3, Violation.HIGH_VOLTAGE), (2, 2, Violation.OVERLOAD), (2, 3, Violation.OVERLOAD)} <= found
    assert not [finding for finding in check.findings if finding.slot == 1]
    for finding in check.findings:
        assert (finding.value_permille < finding.allowed_permille) == (finding.violation is Violation.LOW_VOLTAGE)


def test_power_that_no_voltage_carries_is_found_too() -> None:
    """Beyond the nose of the voltage curve no power flow exists: the slot is a finding, the others stay as they are."""
    check = check_grid(weak_street(), np.array([[0, 0, 0, 10_000], [0, 0, 0, 400_000]]))
    alone = check_grid(weak_street(), np.array([[0, 0, 0, 10_000]]))
    assert np.array_equal(check.voltage_pu[0], alone.voltage_pu[0])
    assert {(1, 3, Violation.LOW_VOLTAGE), (1, 3, Violation.OVERLOAD)} <= {finding[:3] for finding in check.findings}


def test_without_impedances_no_check_is_claimed() -> None:
    """It says what is missing, and finds nothing rather than all well."""
    bare = feeder_of([Node("a"), Node("b")], [Branch("1", ("a", "b"), 5)], ["a"])
    check = check_grid(bare, np.zeros((1, 2), np.int64))
    assert str(check) == "no grid check claimed: 1 branches have no impedance, the first is 1"
    assert str(check_grid(one_node(), np.zeros((1, 1), np.int64))).startswith("no grid check claimed")


@pytest.mark.skipif(find_spec("pandapower") is None, reason="the package pandapower (extra `demo`) is not installed")
def test_voltages_and_loadings_are_pandapowers() -> None:
    """On a network of pandapower's own, read by our reader, both agree to 1e-5 per unit."""
    import pandapower
    from pandapower.networks import create_kerber_vorstadtnetz_kabel_1

    from simulation.feeders import grid_of, parts_of

    net = create_kerber_vorstadtnetz_kabel_1()
    pandapower.runpp(net, trafo_model="pi", numba=False)
    grid = grid_of(parts_of(net, 60), 60)
    demand_wh, reactive_varh = np.zeros((2, 1, len(grid.feeder.parent)), np.int64)
    for load in net.load.itertuples():
        row = grid.row_of_bus[str(net.bus.name[load.bus])]
        demand_wh[0, row] += round(load.p_mw * 1e6)
        reactive_varh[0, row] += round(load.q_mvar * 1e6)
    check = check_grid(grid.feeder, demand_wh, reactive_varh)
    rows = [grid.row_of_bus[str(name)] for name in net.bus.name]
    assert np.allclose(check.voltage_pu[0, rows], net.res_bus.vm_pu, atol=1e-5)
    loading = max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max())
    assert check.loading_pu.max() * 100 == pytest.approx(loading, abs=0.01)
