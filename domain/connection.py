"""Where each site is connected: a feeder, and the node at which a site's meter hangs."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from domain.feeder import Feeder, one_node
from domain.order import Column

NAMES = frozenset({"names", "branch_names"})
REALS = frozenset({"resistance_pu", "reactance_pu", "conductance_pu", "susceptance_pu", "ratio"})


@dataclass(frozen=True, slots=True)
class Connections:
    """A community on its feeder. node: Shape (sites,), int64, rows of the feeder, sites in the community's order.

    feeder: as it is rated. trade_percent: the share of each branch's limit that neighbours' trades may use.
    """

    feeder: Feeder
    node: Column
    trade_percent: int = 100

    @property
    def for_trades(self) -> Feeder:
        """The feeder as the auction sees it: every limit at the trades' share of it, rounded down, and no losses.

        What is lost is in the buyers' price already (domain.tariff), and a contract sells what the other buys.
        """
        limit_wh = self.feeder.limit_wh * self.trade_percent // 100
        return replace(self.feeder, limit_wh=limit_wh, loss_permille=np.zeros_like(limit_wh))

    def limited(self, percent: int) -> "Connections":
        """The same wires with another share for trades."""
        return replace(self, trade_percent=percent)

    def of(self, kept: list[int]) -> "Connections":
        """The connections of some sites only, in the order given."""
        return replace(self, node=self.node[kept])

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON; :func:`connections_from` reads it again, to the last bit."""
        columns = {field.name: getattr(self.feeder, field.name) for field in fields(Feeder)}
        return {
            "feeder": {
                name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in columns.items()
            },
            "node": self.node.tolist(),
            "trade_percent": self.trade_percent,
        }


def connections_from(record: dict[str, Any]) -> Connections:
    """What :meth:`Connections.record` wrote."""
    feeder = Feeder(**{name: _column(name, value) for name, value in record["feeder"].items()})
    return Connections(feeder, np.array(record["node"], np.int64), record["trade_percent"])


def without_wires(sites: int, slot_min: int = 30) -> Connections:
    """A community whose grid nobody described: everybody at one busbar, and no grid check is claimed."""
    return Connections(one_node(slot_min=slot_min), np.zeros(sites, np.int64))


def _column(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if name in NAMES:
        return tuple(value)
    return np.array(value, np.float64 if name in REALS else np.int64)
