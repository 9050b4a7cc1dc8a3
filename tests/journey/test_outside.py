"""When something outside fails, the market says so, loses nothing and goes on as soon as it can."""

import json
import os
import signal
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from model_server import serving
from processes import start
from worlds import REDUCED, World, Worlds, document, same_run

from domain.errors import ChainDown
from gateways.llm.prompts import VERSION
from gridpact.commands.demo import OWED, status
from gridpact.demo import trade
from gridpact.results import results
from gridpact.tables import print_results
from gridpact.wiring import open_scheduler
from memory import cases
from memory.books import outbox
from memory.database import Database
from services.ports import Chain

ONE_SLOT = ("--sites", "8", "--slots", "1")


def test_a_database_killed_in_the_middle_is_named_and_the_run_resumes(
    own_database: Path, stored: Path, undisturbed: dict[str, Any]
) -> None:
    """kill -9 of PostgreSQL itself: one clear line, exit status 3; --resume starts it again and completes the day."""
    settings, command = {"GRIDPACT_CACHE": str(stored)}, ("demo", "--json", *REDUCED, "--data", str(own_database))
    running = start(command, settings)
    _wait_until_it_trades(own_database, running.lives)
    os.kill(int((own_database / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    ended = running.wait()
    assert ended.returncode == 3, ended.stderr
    assert "PostgreSQL does not answer" in ended.stderr
    assert "gridpact demo: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    resumed = start((*command, "--resume"), settings).wait()
    assert resumed.returncode == 0, resumed.stderr
    assert same_run(undisturbed, document(resumed)) == []


def _wait_until_it_trades(data: Path, lives: Any) -> None:
    deadline = time.monotonic() + 120
    while not (data / "homes.jsonl").exists():
        assert lives(), "the run ended before it traded"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@dataclass(slots=True)
class ChainAwayForAWhile:
    """A chain whose first calls find nobody. Otherwise the real one."""

    chain: Chain
    away: int
    missed: int = 0

    @property
    def chain_id(self) -> int:
        return self.chain.chain_id

    def commit_root(self, slot: int, root: bytes) -> dict[str, Any]:
        self._be_away()
        return self.chain.commit_root(slot, root)

    def record_approval(self, digest: str, decision: str) -> dict[str, Any]:
        self._be_away()
        return self.chain.record_approval(digest, decision)

    def root_of(self, slot: int) -> bytes | None:
        self._be_away()
        return self.chain.root_of(slot)

    def decision_of(self, digest: str) -> str | None:
        self._be_away()
        return self.chain.decision_of(digest)

    def verify(self, slot: int, digest: str, proof: list[bytes]) -> bool:
        self._be_away()
        return self.chain.verify(slot, digest, proof)

    def _be_away(self) -> None:
        if self.missed < self.away:
            self.missed += 1
            raise ChainDown("the chain is away for a while")


def test_while_the_chain_is_away_trading_goes_on_and_it_learns_of_everything_later(
    worlds: Worlds, undisturbed: dict[str, Any]
) -> None:
    """What is owed to the chain waits in the outbox; the day ends with the same trades, ledger, roots and figures."""
    with prepared(worlds.fresh(), REDUCED_DAY) as (run, _):
        chain = ChainAwayForAWhile(run.ctx.chain, away=25)
        run.scheduler = open_scheduler(run.house, replace(run.ctx, chain=chain), run.traded[0], run.scheduler.judge)
        trade(run)
        with run.house.database.read() as tx:
            assert outbox.due(tx) == []
        found = json.loads(json.dumps(results(run, wall_s=lambda: 0.0)))
    assert chain.missed == chain.away
    assert same_run(undisturbed, found) == []


def test_what_the_chain_never_took_is_said_at_the_end(worlds: Worlds, capsys: pytest.CaptureFixture[str]) -> None:
    """The table and the document name each effect that is owed and why; the run resumed with a chain owes nothing."""
    with prepared(worlds.fresh(), replace(REDUCED_DAY, slots=1)) as (run, _):
        away = ChainAwayForAWhile(run.ctx.chain, away=1_000_000)
        run.scheduler.ctx = replace(run.ctx, chain=away)
        trade(run)
        found = results(run, wall_s=lambda: 0.0)
        print_results(found)
        run.scheduler.ctx = replace(run.ctx, chain=away.chain)
        trade(run)
        mended = results(run, wall_s=lambda: 0.0)
    root = f"chain.root:{run.traded[0]}"
    assert found["owed"][root] == {"state": "owed", "error": "the chain is away for a while"}
    assert found["kpi"]["chain_records_verified"] == 0
    assert status(found) == OWED
    assert f"{root} is owed: the chain is away for a while" in capsys.readouterr().out
    assert (mended["owed"], status(mended)) == ({}, 0)
    assert mended["kpi"]["chain_records_verified"] == mended["kpi"]["chain_records"] > 0


def test_without_a_model_the_template_writes_and_says_so(worlds: Worlds) -> None:
    """A language model that does not answer costs words, never a trade or a case."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: every call is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        world = worlds.fresh()
        ended = world.demo(*ONE_SLOT, OPENAI_BASE_URL=url)
    assert ended.returncode == 0, ended.stderr
    written = _summaries(world)
    assert written
    assert {author for _, author in written} == {"template"}
    assert all(text for text, _ in written)


def test_the_model_behind_the_configured_address_words_the_cases(worlds: Worlds) -> None:
    """Who wrote stands beside the words, and the model saw no key of ours. Its points must rest on a case's findings:

    this model names the value trigger for every case, so the template writes the others.
    """
    with serving() as server:
        server.will_say({"points": [{"text": "Please look at this.", "trigger": "E01"}]})
        world = worlds.fresh()
        ended = world.demo(
            *ONE_SLOT, OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-secret", GRIDPACT_OPENAI_MODEL="m-1"
        )
    assert ended.returncode == 0, ended.stderr
    written = _summaries(world)
    assert server.asked
    assert {each["path"] for each in server.asked} == {"/v1/chat/completions"}
    assert {each["model"] for each in server.asked} == {"m-1"}
    assert f"openai:m-1:{VERSION}" in {author for _, author in written}
    assert {author for text, author in written if "[written by m-1]" in text} == {f"openai:m-1:{VERSION}"}
    assert "sk-secret" not in json.dumps([each["messages"] for each in server.asked])


def _summaries(world: World) -> list[tuple[str, str]]:
    """Each case's words and who wrote them."""
    database = Database(world.url)
    with database.read() as tx:
        written = [(each.summary, each.summary_by) for each in cases.all(tx)]
    database.close()
    return [(text or "", author or "") for text, author in written]
