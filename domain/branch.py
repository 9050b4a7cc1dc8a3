"""What a feeder is made of: busbars, and the lines and transformers between them."""

from typing import NamedTuple


class Node(NamedTuple):
    """A busbar. voltage_v: nominal, line to line; low, high: the band of voltage in permille of nominal."""

    name: str
    voltage_v: int = 400
    low_permille: int = 900
    high_permille: int = 1100


class Branch(NamedTuple):
    """A line or transformer between two nodes, in any direction.

    limit_wh: what it carries in one slot, either way, at its lower end; zero carries nothing.
    fee_mjpy_per_kwh: what each kWh through it costs, either way. loss_permille: share of what enters it that is lost.
    resistance_pu, reactance_pu: series; conductance_pu, susceptance_pu: shunt; all on 1 MVA. ratio: the first end's
    voltage over the second's at no load, both per unit of nominal; 1 but for a transformer off its middle tap.
    """

    name: str
    ends: tuple[str, str]
    limit_wh: int
    fee_mjpy_per_kwh: int = 0
    loss_permille: int = 0
    resistance_pu: float = 0.0
    reactance_pu: float = 0.0
    conductance_pu: float = 0.0
    susceptance_pu: float = 0.0
    ratio: float = 1.0
