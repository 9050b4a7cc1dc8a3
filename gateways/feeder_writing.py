"""A feeder as nodes.csv and branches.csv of a folder, in whole kVA and milliohms, with names that the folder allows.

Ratings are rounded down, so no branch is written as carrying more than it does; impedances to the nearest milliohm,
never to none. The form has no word for shunts and off-tap ratios: what a feeder has of them is left out, and said.
"""

import csv
import re
from collections.abc import Sequence
from math import floor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from domain.errors import Fault, InputRefused
from domain.feeder import MINUTES_PER_HOUR, Feeder
from gateways.feeder_folder import BRANCH_COLUMNS, BRANCH_OPTIONAL, BRANCHES, CONNECTIONS, NODE_OPTIONAL, NODES

NAME_LENGTH_MAX = 64


class Written(NamedTuple):
    """What the files say otherwise than the feeder. renamed: nodes and branches whose names the form does not allow.

    shunts, ratios: branches that have one, which is left out.
    """

    renamed: int
    shunts: int
    ratios: int


def write_feeder(path: Path, feeder: Feeder) -> Written:
    """Three new files in a folder: the wires, and connections.csv with its header, a row a site to be added.

    Raises InputRefused, before anything is written, with every one of the files that is there already.
    """
    there = [name for name in (NODES, BRANCHES, CONNECTIONS) if (path / name).exists()]
    if there:
        raise InputRefused(
            [Fault(str(path / name), "exists", "is there already; name another folder") for name in there]
        )
    nodes, branches = short_names(feeder.names), ["", *short_names(feeder.branch_names[1:])]
    path.mkdir(parents=True, exist_ok=True)
    rows = range(len(feeder.parent))
    _write(path / NODES, ("node", *NODE_OPTIONAL), [_node(feeder, nodes, row) for row in rows])
    _write(
        path / BRANCHES,
        (*BRANCH_COLUMNS, *BRANCH_OPTIONAL),
        [_branch(feeder, nodes, branches, row) for row in rows[1:]],
    )
    _write(path / CONNECTIONS, ("site_id", "node"), [])
    pairs = ((feeder.names, nodes), (feeder.branch_names, branches))
    return Written(
        sum(old != new for before, after in pairs for old, new in zip(before, after, strict=True)),
        int(np.count_nonzero(feeder.conductance_pu[1:] + np.abs(feeder.susceptance_pu[1:]))),
        int(np.count_nonzero(feeder.ratio[1:] != 1)),
    )


def short_names(names: Sequence[str]) -> list[str]:
    """Each name in the folder's letters, at most 64 of them, and no two alike: the later one gets a number."""
    taken: dict[str, None] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:NAME_LENGTH_MAX] or "-"
        found, number = plain, 1
        while found in taken:
            number += 1
            ending = f"-{number}"
            found = plain[: NAME_LENGTH_MAX - len(ending)] + ending
        taken[found] = None
    return list(taken)


def _node(feeder: Feeder, names: Sequence[str], row: int) -> tuple[object, ...]:
    root = ("yes", feeder.source_permille) if row == 0 else ("", "")
    band = (feeder.low_permille[row], feeder.high_permille[row])
    return (names[row], feeder.voltage_v[row], *band, *root)


def _branch(feeder: Feeder, nodes: Sequence[str], branches: Sequence[str], row: int) -> tuple[object, ...]:
    rating_kva = int(feeder.limit_wh[row]) * MINUTES_PER_HOUR // (feeder.slot_min * 1000)
    base_mohm = int(feeder.voltage_v[row]) ** 2 / 1000  # on 1 MVA
    series = (_mohm(float(value[row]) * base_mohm) for value in (feeder.resistance_pu, feeder.reactance_pu))
    ends = (nodes[feeder.parent[row]], nodes[row])
    return (branches[row], *ends, rating_kva, *series, feeder.fee_mjpy_per_kwh[row], feeder.loss_permille[row])


def _mohm(impedance_mohm: float) -> int:
    """Whole milliohms, half up; what there is stays there."""
    return max(floor(impedance_mohm + 0.5), 1) if impedance_mohm > 0 else 0


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
