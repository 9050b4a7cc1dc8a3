"""Going safe: where a rule says that silence means safe mode, new trading stops until two people resume it.

The stop is the one that everybody may give; metering, settlement and the record go on.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.contract import ContractEvent
from domain.grid_signal import SignalKind
from memory.grid import grid_signals
from policies.bands import OnTimeout
from services.context import TradeContext
from services.grid.grid_signals import emergency_stop
from services.opening import RULES


def means_safe_mode(event: ContractEvent, findings: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a case ended in silence, and one of its rules says that this is not safe to go on with."""
    return event is ContractEvent.EXPIRE and any(
        each.get("on_timeout") == str(OnTimeout.SAFE_MODE) for each in findings
    )


def go_safe(ctx: TradeContext, case_id: str) -> None:
    """Stop new trading because of a case, once: a stop that people have resumed since is not given again."""
    reason = f"case {case_id} ended in silence, its rule says safe mode"
    with ctx.database.read() as tx:
        given = any(each.kind is SignalKind.STOP and case_id in each.reason for each in grid_signals.every(tx))
    if not given:
        emergency_stop(ctx.desk, reason, RULES)
