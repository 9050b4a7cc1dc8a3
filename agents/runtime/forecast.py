"""What every site will use and make in the traded slot, with the seasonal baseline beside it for scoring."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.state import SlotState
from memory.trading import forecasts
from services.context import TradeContext


def forecast(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Write down the traded slot's quantiles and mean of load and PV, and the baseline's."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        expected = ctx.outlooks.of(slot, ctx.steps.output(ctx.thread(slot), "recall")["correction_ppm"])
        past = ctx.histories.until(slot - ctx.time.unknown)
        baseline = ctx.forecaster.baseline(past["load_wh"], ctx.histories.first_slot, slot)
        at, load, pv = expected.gap, expected.load_wh, expected.pv_wh
        columns = {
            "load_p10": load.low[:, at],
            "load_p50": expected.load_median_wh[:, at],
            "load_p90": load.high[:, at],
            "load_mean": load.expected[:, at],
            "pv_p10": pv.low[:, at],
            "pv_p50": expected.pv_median_wh[:, at],
            "pv_p90": pv.high[:, at],
            "pv_mean": pv.expected[:, at],
            "baseline_p10": baseline[0],
            "baseline_p50": baseline[1],
            "baseline_p90": baseline[2],
        }
        forecasts.save(tx, slot, ctx.roster.ids, columns)
        return {"load_mean_wh": int(np.sum(columns["load_mean"])), "pv_mean_wh": int(np.sum(columns["pv_mean"]))}

    ctx.steps.run(ctx.thread(slot), "forecast", "runtime", "forecast", work)
    return {}
