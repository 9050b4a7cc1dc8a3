"""A market reduced to what cases touch: people, deals and their cases over a real database, threads and a real graph.

Forecasts, chain, homes and memory of past cases are not there; whatever reached for them would fail loudly.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from contracts.terms import term_digest
from domain.account import AccountRole, AccountState
from domain.canonical import digest
from domain.case import CaseState, Verdict
from domain.contract import ContractEvent, ContractState
from domain.errors import GridpactError
from domain.party import Expertise, Party, Role
from domain.site import Site
from gateways.llm.template_writer import TemplateWriter
from gridpact.clock import HandClock
from identity import access
from identity.authorisation import Kind, Principal
from identity.keys import KeyRing
from memory import cases, checkpoints, registry
from memory.access import accounts
from memory.access.accounts import AccountRow, RoleRow
from memory.cases import CaseRow
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from policies.pack import load_pack
from services.cases.cases import Ballot, decide, outcome, thread_of
from services.context import MARKET, TradeContext
from services.market_time import MarketTime
from services.rules import Rules
from services.steps import Steps
from workflows.case import AWAIT_PEOPLE, CaseGraph, case_graph, prepare
from workflows.threads import wake

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
REVIEWERS = 3
SEED = 1
REASON = "read the papers of both sides and found them in order"
IDLE_S = 0.2


def context(database: Database, keys: Path, clock: HandClock) -> TradeContext:
    """The dependencies that a case's thread needs; every other is absent."""
    rules, absent = Rules(load_pack("jp_demo"), "tokyo"), cast(Any, None)
    ring = KeyRing(keys, seed=SEED)
    return TradeContext(
        market=MARKET,
        area="tokyo",
        retailer=absent,
        time=MarketTime(rules.product, ZoneInfo("Asia/Tokyo")),
        database=database,
        steps=Steps(database, ring, clock),
        keys=ring,
        rules=rules,
        roster=absent,
        connections=absent,
        histories=absent,
        forecaster=absent,
        episodes=absent,
        chain=absent,
        homes=absent,
        writer=TemplateWriter(),
        stand_in=TemplateWriter(),
        outlooks=absent,
        recalls=False,
    )


def populate(database: Database, count: int) -> None:
    """Two homes, the reviewers, and so many deals that each ask for one lawyer."""
    with database.begin("world") as tx:
        access.grant_defaults(tx)
        for number in (1, 2):
            registry.save_party(tx, Party(f"P{number}", f"P{number}", Role.MEMBER))
            registry.save_site(tx, Site(f"S{number}", f"P{number}", "tokyo"))
        for number in range(REVIEWERS):
            name = f"reviewer-{number}"
            registry.save_party(tx, Party(name, name, Role.EXPERT, Expertise.LEGAL))
            accounts.add(tx, AccountRow(name, name, name, AccountState.ACTIVE, NOW))
            accounts.give_role(tx, RoleRow(name, AccountRole.LEGAL, NOW, "bench"))
        deals = [_deal(number) for number in range(count)]
        contracts.save(tx, deals)
        contracts.move(tx, [each.digest for each in deals], ContractEvent.ESCALATE)
        for number, deal in enumerate(deals):
            cases.open(tx, _case(number, deal))


def _deal(number: int) -> ContractRow:
    terms = {"deal": f"D-{number}", "seller_site": "S1", "buyer_site": "S2", "value_ujpy": 4_800_000}
    return ContractRow(
        term_digest(terms), 1, None, f"D-{number}", "S1", "S2", 400_000, 12_000, False, ContractState.DRAFTED, terms
    )


def _case(number: int, deal: ContractRow) -> CaseRow:
    evidence: dict[str, Any] = {
        "contract": deal.digest,
        "trade": None,
        "terms": deal.terms,
        "author": None,
        "pieces": [],
    }
    name, found = f"C-{number:05}", {"trigger": "E13", "text": "one clause outside the template"}
    return CaseRow(
        name,
        deal.digest,
        thread_of(name),
        NOW,
        NOW + timedelta(hours=4),
        ["legal"],
        1,
        [found],
        evidence,
        digest(evidence),
        harm_ujpy=deal.terms["value_ujpy"],
    )


@contextmanager
def opened(url: str, keys: Path) -> Iterator[tuple[TradeContext, CaseGraph]]:
    """The reduced market and its case graph over one database."""
    database, saver = Database(url), checkpoints.checkpointer(url)
    try:
        yield context(database, keys, HandClock(NOW)), case_graph(saver)
    finally:
        checkpoints.close(saver)
        database.close()


def attend(ctx: TradeContext, graph: CaseGraph, case: CaseRow, prepared: set[str]) -> None:
    """What the clockwork does with an open case: prepare it, once a process, and conclude it when it has an outcome."""
    if case.id not in prepared:
        prepare(ctx, graph, case)
        prepared.add(case.id)
    with ctx.database.begin("outcome") as tx:
        ended = outcome(tx, cases.get(tx, case.id), ctx.now()) is not None
    if ended:
        wake(ctx, graph, case.thread, AWAIT_PEOPLE)


def _review(ctx: TradeContext, graph: CaseGraph, name: str, prepared: set[str]) -> None:
    """Decide every prepared case, in the one order that all reviewers share; whoever comes second is refused."""
    asker = Principal(Kind.PERSON, name, name, frozenset({AccountRole.LEGAL}), fresh=True)
    for case in _open(ctx):
        if not case.summary:
            continue
        try:
            decide(ctx.steps, asker, Ballot(case.id, Verdict.APPROVE, REASON, case.evidence_hash))
        except GridpactError:
            continue


def _conclude(ctx: TradeContext, graph: CaseGraph, name: str, prepared: set[str]) -> None:
    for case in _open(ctx):
        attend(ctx, graph, case, prepared)


def _open(ctx: TradeContext) -> list[CaseRow]:
    with ctx.database.read() as tx:
        return cases.list(tx, CaseState.OPEN)


def ready_file(folder: Path, name: str, process: int) -> Path:
    """What a worker leaves when it has loaded and begins to work."""
    return folder / f"{name}.{process}.ready"


def main() -> None:
    """One worker, until no case is open: a reviewer by name, or the ``clockwork``."""
    options = argparse.ArgumentParser()
    for name in ("url", "keys", "name"):
        options.add_argument(name)
    given = options.parse_args()
    work = _conclude if given.name == "clockwork" else _review
    with opened(given.url, Path(given.keys)) as (ctx, graph):
        prepared: set[str] = set()
        ready_file(Path(given.keys).parent, given.name, os.getpid()).touch()
        while _open(ctx):
            work(ctx, graph, given.name, prepared)
            time.sleep(IDLE_S)


if __name__ == "__main__":
    os.nice(1)
    main()
