"""Going safe: where a rule says that silence means safe mode, trading stops until two people resume it.

A rule about the parties of a deal stops their two sites: nothing more is traded there, batteries go back to
self-consumption, and trades whose gate is open are cancelled. A rule about the market itself stops all of it. Metering,
settlement and the record go on.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from domain.contract import ContractEvent
from domain.grid_signal import SignalKind
from memory import cases
from memory.cases import CaseRow
from memory.grid import grid_signals
from memory.trading import contracts
from policies.bands import OnTimeout
from services.context import TradeContext
from services.grid.grid_signals import emergency_stop, hold_site
from services.opening import RULES

OF_THE_MARKET = frozenset({"E14", "E22", "E23"})
"""Rule values, the state of the grid, the sums of a day: triggers that speak of more than two sites."""


def means_safe_mode(event: ContractEvent, findings: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a case ended in silence, and one of its rules says that this is not safe to go on with."""
    return event is ContractEvent.EXPIRE and any(
        each.get("on_timeout") == str(OnTimeout.SAFE_MODE) for each in findings
    )


def go_safe(ctx: TradeContext, case_id: str) -> None:
    """Stop trading because of a case, once: a stop that people have resumed since is not given again."""
    reason = f"case {case_id} ended in silence, its rule says safe mode"
    with ctx.database.read() as tx:
        given = {
            each.target for each in grid_signals.every(tx) if each.kind is SignalKind.STOP and case_id in each.reason
        }
        sites = _sites(tx, cases.get(tx, case_id))
    for site in sites - given:
        hold_site(ctx.desk, site, reason)
    if not sites and not given:
        emergency_stop(ctx.desk, reason, RULES)


def _sites(tx: Connection, case: CaseRow) -> frozenset[str]:
    """Whose trading stops: both sides of the deal, nobody in particular where a rule about the market said so."""
    said = {each["trigger"] for each in case.findings if each.get("on_timeout") == str(OnTimeout.SAFE_MODE)}
    if said & OF_THE_MARKET or not case.contract_digest:
        return frozenset()
    contract = contracts.get(tx, case.contract_digest)
    return frozenset({contract.seller_site, contract.buyer_site})
