"""A linear program with whole-numbered columns, built up piece by piece and solved by HiGHS.

What enters and what is read out are whole numbers; in between the solver works in floating point. So whoever uses it
rounds what comes out and checks it in integers. One thread and no clock: the same program gives the same answer.
"""

from typing import NamedTuple

import highspy
import numpy as np
import numpy.typing as npt

from domain.order import Column

Floats = npt.NDArray[np.float64]
FREE = float("inf")
TIGHT = 1e-9
"""How far the solver may miss a bound or a whole number, of quantities that are whole numbers themselves."""


class Answer(NamedTuple):
    """values: Shape (columns,), as the solver left them. worth: what they are worth; no answer has more than bound.
    proven: nor, but for rounding, more than this one."""

    values: Floats
    worth: float
    bound: float
    proven: bool


class MixedProgram:
    """Maximise worth over columns between bounds, with rows between bounds."""

    def __init__(self) -> None:
        self._worth: list[Column] = []
        self._lower: list[Column] = []
        self._upper: list[Floats] = []
        self._whole: list[npt.NDArray[np.int32]] = []
        self._rows: list[tuple[Column, Column, float, float]] = []
        self._size = 0

    def columns(
        self, worth: Column, upper: Column | Floats, lower: Column | None = None, whole: bool = False
    ) -> Column:
        """Add columns and return their numbers. Each shape (columns,); worth per unit, lower zero by default."""
        count = len(worth)
        self._worth.append(worth)
        self._lower.append(np.zeros(count, np.int64) if lower is None else lower)
        self._upper.append(np.asarray(upper, np.float64))
        self._whole.append(np.full(count, whole, np.int32))
        self._size += count
        return np.arange(self._size - count, self._size)

    def row(self, columns: Column, weights: Column, least: float, most: float) -> None:
        """Keep the weighted sum of some columns between two bounds; FREE and its negative are none."""
        self._rows.append((columns, weights, least, most))

    def solve(self, nodes_max: int | None = None, start: tuple[Column, Column] | None = None) -> Answer | None:
        """The best answer, None when there is none. nodes_max: how many branches may be looked into before the best
        one so far is taken; then the bound says what may be missing. start: some columns and values for them that are
        possible.
        """
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its own stubs leave the constructor open
        self._set_options(solver, nodes_max)
        self._pass_to(solver)
        if start is not None:
            solver.setSolution(len(start[0]), start[0].astype(np.int32), start[1].astype(np.float64))
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        proven = status == highspy.HighsModelStatus.kOptimal
        if not proven and info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        whole = any(part.any() for part in self._whole)
        bound = info.mip_dual_bound if whole else info.objective_function_value
        return Answer(np.array(solver.getSolution().col_value), info.objective_function_value, bound, proven)

    def _set_options(self, solver: highspy.Highs, nodes_max: int | None) -> None:
        options = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5}
        options |= dict.fromkeys(("mip_feasibility_tolerance", "primal_feasibility_tolerance"), TIGHT)
        options |= {"dual_feasibility_tolerance": TIGHT}
        if nodes_max is not None:
            options["mip_max_nodes"] = nodes_max
        for option, setting in options.items():
            solver.setOptionValue(option, setting)

    def _pass_to(self, solver: highspy.Highs) -> None:
        sizes = [len(columns) for columns, _, _, _ in self._rows]
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
        index = np.concatenate([columns for columns, _, _, _ in self._rows]).astype(np.int32)
        value = np.concatenate([weights for _, weights, _, _ in self._rows]).astype(np.float64)
        least, most = (np.array([row[at] for row in self._rows]) for at in (2, 3))
        row_wise, maximise = highspy.MatrixFormat.kRowwise, highspy.ObjSense.kMaximize
        solver.passModel(
            self._size, len(sizes), len(index), int(row_wise), int(maximise), 0.0,
            np.concatenate(self._worth).astype(np.float64), np.concatenate(self._lower).astype(np.float64),
            np.concatenate(self._upper), least, most, starts[:-1], index, value, np.concatenate(self._whole),
        )  # fmt: skip
