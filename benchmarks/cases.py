"""Cases under three reviewers at once and ``kill -9``: each is decided once, and what follows happens once.

Real parts: PostgreSQL, LangGraph's checkpoints, the case graph, decisions with their signatures, the outbox. Three
reviewers walk the same open cases in the same order and each tries to decide every one of them, while a fourth process
prepares and concludes them. All four are killed at random moments and started again. Forecasts and chain stay outside:
what the chain is owed is counted, under its key, not sent.

Automation, the triggers' recall and approvals by time-out come from demonstration days (``benchmarks.expert_days``).
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks import expert_days
from benchmarks.case_house import REVIEWERS, SEED, populate, ready_file
from benchmarks.clearing import machine
from benchmarks.expert_days import SITES
from memory.database import Database
from memory.embedded import start

CASES = 1_000
KILL_EVERY_S = (2.0, 8.0)
WAIT_S_MAX = 3_600.0
FROM_DAYS = ("standard_automation", "all_automation", "trigger_recall", "timeout_approvals")


def measure(cases: int = CASES, days: int | None = None, sites: int = SITES) -> dict[str, Any]:
    """Decide so many cases, and trade so many demonstration days; their shares are None without any."""
    figures = _decided(cases) | (expert_days.measure(days, sites) if days else dict.fromkeys(FROM_DAYS))
    return {"bench": "cases", "figures": figures, "machine": machine()}


def _decided(cases: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="gridpact-cases-"))
    server = start(folder / "pg")
    try:
        database = Database(server.url("cases"))
        database.migrate()
        populate(database, cases)
        began = time.perf_counter()
        killed = _run(database, [sys.executable, "-m", "benchmarks.case_house", server.url("cases")], folder)
        figures = {"cases": cases, "kills": killed, "seconds": round(time.perf_counter() - began, 1)}
        figures |= _counted(database, cases)
        database.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def _run(database: Database, command: list[str], folder: Path) -> int:
    """Run all workers until no case is open, killing one now and then; how many were killed."""
    chance, killed, names = random.Random(SEED), 0, ["clockwork", *(f"reviewer-{each}" for each in range(REVIEWERS))]

    def begin(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*command, str(folder / "keys.json"), name])

    workers = {name: begin(name) for name in names}
    until = time.monotonic() + WAIT_S_MAX
    while _scalar(database, "SELECT count(*) FROM case_file WHERE state = 'open'") and time.monotonic() < until:
        time.sleep(chance.uniform(*KILL_EVERY_S))
        name = chance.choice(names)
        process = workers[name]
        if process.poll() is not None:
            workers[name] = begin(name)
        elif ready_file(folder, name, process.pid).exists():  # killing one that still loads would only measure imports
            process.kill()
            process.wait()
            killed += 1
            workers[name] = begin(name)
    for process in workers.values():
        process.kill()
        process.wait()
    return killed


def _counted(database: Database, cases: int) -> dict[str, int]:
    """decisions; doubled: second decisions, conclusions or effects of a case; lost: cases without all three."""
    with database.read() as tx:
        per_case = [
            Counter(tx.execute(text(each)).scalars())
            for each in (
                "SELECT case_id FROM decision",
                "SELECT substr(subject, 6) FROM journal WHERE kind = 'step.conclude'",
                "SELECT f.id FROM effect e JOIN case_file f ON e.key = 'chain.approval:' || f.contract_digest",
                "SELECT f.id FROM case_file f JOIN contract c ON c.digest = f.contract_digest AND c.state = 'approved'",
            )
        ]
    doubled = sum(count - 1 for each in per_case for count in each.values())
    return {
        "decisions": per_case[0].total(),
        "doubled": doubled,
        "lost": cases - len(set.intersection(*map(set, per_case))),
    }


def _scalar(database: Database, statement: str) -> int:
    with database.read() as tx:
        return int(tx.execute(text(statement)).scalar_one())
