"""What can be wrong with the columns of a storage problem: all of it at once, before anything is planned.

A forecast may hold a number that is none, a device table a limit below zero. A plan made of such columns would look
like any other.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from domain.errors import Fault, InputRefused
from domain.order import Column
from market.storage.plan import Needs, Rates, Stores

UNBOUNDED = 2**53  # the last whole number up to which every one is a float


class Rule(NamedTuple):
    """The dimensions a column extends to, and its least and greatest value."""

    dimensions: str
    least: int
    most: int


RULES = {
    "net_wh": Rule("sites scenarios slots", -UNBOUNDED, UNBOUNDED),
    "weights": Rule("scenarios", 1, UNBOUNDED),
    "stored_wh": Rule("sites", 0, UNBOUNDED),
    "capacity_wh": Rule("sites", 0, UNBOUNDED),
    "charge_max_wh": Rule("sites slots", 0, UNBOUNDED),
    "discharge_max_wh": Rule("sites slots", 0, UNBOUNDED),
    "least_wh": Rule("sites slots", 0, UNBOUNDED),
    "charge_permille": Rule("sites", 1, 1_000),
    "discharge_permille": Rule("sites", 1, 1_000),
    "wear_mjpy_per_kwh": Rule("sites", 0, UNBOUNDED),
    "end_value_mjpy_per_kwh": Rule("sites", -UNBOUNDED, UNBOUNDED),
    "exports": Rule("sites", 0, 1),
    "buy_mjpy_per_kwh": Rule("sites slots", -UNBOUNDED, UNBOUNDED),
    "sell_mjpy_per_kwh": Rule("sites slots", -UNBOUNDED, UNBOUNDED),
    "access_mjpy_per_kwh": Rule("sites slots", 0, UNBOUNDED),
}


def checked(needs: Needs, stores: Stores, rates: Rates) -> tuple[Needs, Stores, Rates]:
    """The same columns, extended to full shape, contiguous. Raises InputRefused with every fault in them.

    A fault's place is the column and the first of its entries that is wrong.
    """
    net_wh = np.asarray(needs.net_wh)
    if net_wh.ndim != 3 or 0 in net_wh.shape:
        raise InputRefused([Fault("net_wh", "wrong_shape", "give a value for each site, scenario and slot")])
    sizes = dict(zip(("sites", "scenarios", "slots"), net_wh.shape, strict=True))
    given = needs._asdict() | stores._asdict() | rates._asdict()
    shapes = {name: tuple(sizes[dimension] for dimension in RULES[name].dimensions.split()) for name in given}
    faults = [fault for name, column in given.items() for fault in _faults(name, np.asarray(column), shapes[name])]
    if not faults:
        faults = _overfull(stores)
    if faults:
        raise InputRefused(faults)
    whole = {name: _full(np.asarray(column), shapes[name]) for name, column in given.items()}
    store = Stores(**{name: whole[name] for name in Stores._fields[:-1]}, exports=whole["exports"].astype(np.bool_))
    return Needs(whole["net_wh"], whole["weights"]), store, Rates(*(whole[name] for name in Rates._fields))


def _faults(name: str, column: npt.NDArray[Any], shape: tuple[int, ...]) -> list[Fault]:
    """What is wrong with one column by itself, a fault for each kind."""
    if not _extends(column.shape, shape):
        return [Fault(name, "wrong_shape", f"has shape {column.shape}, which does not extend to {shape}")]
    if column.dtype.kind not in "iufb":
        return [Fault(name, "not_a_number", f"is of type {column.dtype}; give whole numbers")]
    rule, values = RULES[name], column.astype(np.float64) if column.dtype.kind == "f" else column
    finite = np.isfinite(values)
    return [
        Fault(f"{name}{np.argwhere(wrong)[0].tolist()}", code, f"{message} ({np.count_nonzero(wrong)} such)")
        for code, message, wrong in (
            ("not_a_number", "is missing or infinite", ~finite),
            ("not_whole", "is not a whole number", finite & (values != np.rint(values))),
            (
                "out_of_range",
                f"must lie between {rule.least} and {rule.most}",
                finite & ((values < rule.least) | (values > rule.most)),
            ),
        )
        if wrong.any()
    ]


def _extends(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """May a column of this shape be repeated to the whole?"""
    return len(shape) <= len(whole) and all(
        size in {1, of} for size, of in zip(reversed(shape), reversed(whole), strict=False)
    )


def _overfull(stores: Stores) -> list[Fault]:
    """Storages that hold more than they can."""
    over = np.atleast_1d(np.asarray(stores.stored_wh) > np.asarray(stores.capacity_wh))
    if not over.any():
        return []
    return [
        Fault(
            f"stored_wh{np.argwhere(over)[0].tolist()}",
            "over_capacity",
            f"is more than fits ({np.count_nonzero(over)} such)",
        )
    ]


def _full(column: npt.NDArray[np.generic], shape: tuple[int, ...]) -> Column:
    """In full shape, int64, contiguous and the kernel's to read as it likes."""
    return np.require(np.broadcast_to(column.astype(np.int64, copy=False), shape), np.int64, ["C", "W"])
