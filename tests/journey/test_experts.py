"""People decide: the clock halts for them, what they may not do is refused, and silence never approves."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from processes import Ended, Running, start, wait_until_said
from worlds import REDUCED, World, Worlds

from domain.case import CaseState
from domain.contract import ContractState
from gridpact.demo import trade
from gridpact.live import live_tick
from memory import cases
from memory.books import chain_records
from memory.trading import contracts, proposals
from memory.trading.proposals import ProposalRow
from services.figures.audit import audit
from simulation.planted import planted_proposals

REASON = "read the papers of both sides and found them in order"
HALTS = "the clock halts"


@dataclass(slots=True)
class HumanRun:
    """A run that waits for people, what its people did, and how everything ended."""

    world: World
    running: Running
    refused: dict[str, Ended] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    decided: int = 0
    ended: Ended | None = None

    def decide(self, case: str, person: str, verdict: str = "approve", reason: str = REASON) -> Ended:
        return self.say("cases", "decide", case, verdict, "--key-file", str(self.key(person)), "--reason", reason)

    def key(self, person: str) -> Path:
        """The file with the expert's key; one that is nobody's for whoever is not known."""
        file = self.world.data / f"{person}.key"
        role = person.removeprefix("expert-")
        if file.exists():
            return file
        if role == person:
            file.write_text("gpk_guessed")
            return file
        for words in (
            ("accounts", "register", person, "--party", person, "--role", role),
            ("keys", "create", person, "--name", "hers", "--scope", "cases:decide", "--to", str(file)),
        ):
            made = self.say(*words)
            assert made.returncode == 0, made.stderr
        return file

    def say(self, *words: str) -> Ended:
        return start((*words, "--data", str(self.world.data)), self.world.settings).wait()

    def waiting(self) -> list[dict[str, Any]]:
        ended = start(("cases", "--json", "--data", str(self.world.data), "list"), self.world.settings).wait()
        assert ended.returncode == 0, ended.stderr
        found: list[dict[str, Any]] = json.loads(ended.stdout)
        return found


@pytest.fixture(scope="module")
def human(worlds: Worlds) -> HumanRun:
    """The reduced day with people: they try what they may not, then approve whatever the clock halts for."""
    world = worlds.fresh()
    running = start(("demo", *REDUCED, "--experts", "human", "--data", str(world.data)), world.settings)
    run = HumanRun(world, running)
    wait_until_said(running, HALTS, 120)
    run.listed = run.waiting()
    first = run.listed[0]
    shown = start(("cases", "--json", "--data", str(world.data), "show", first["id"]), world.settings).wait()
    run.shown = json.loads(shown.stdout)
    _try_what_is_not_allowed(run, first)
    while running.lives():
        for case in run.waiting():
            for role in case["roles"]:
                run.decided += run.decide(case["id"], f"expert-{role}").returncode == 0
    run.ended = running.wait()
    run.refused["a closed case"] = run.decide(first["id"], f"expert-{first['roles'][0]}")
    return run


def _try_what_is_not_allowed(run: HumanRun, case: dict[str, Any]) -> None:
    expert = f"expert-{case['roles'][0]}"
    other = next(role for role in ("mediator", "finance", "legal", "grid") if role not in case["roles"])
    run.refused = {
        "a reason that says too little": run.decide(case["id"], expert, reason="fine"),
        "another expertise": run.decide(case["id"], f"expert-{other}"),
        "nobody known": run.decide(case["id"], "somebody"),
        "an unknown case": run.decide("C-0", expert),
    }
    two = next((each for each in run.listed if len(each["roles"]) > 1 or each["approvals"] > 1), None)
    assert two is not None, "the demonstration plants a case for two people"
    speaker = f"expert-{two['roles'][0]}"
    assert run.decide(two["id"], speaker).returncode == 0
    run.refused["a second decision"] = run.decide(two["id"], speaker, verdict="reject")


SAYS = {
    "a reason that says too little": "20 characters",
    "another expertise": "asks for",
    "nobody known": "is unknown, revoked or too old",
    "an unknown case": "no case has the id C-0",
    "a second decision": "already",
    "a closed case": "nothing is left to decide",
}


@pytest.mark.parametrize("attempt", SAYS)
def test_what_a_person_may_not_do_is_refused_with_a_clear_line(human: HumanRun, attempt: str) -> None:
    """One line that says why, the exit status of a broken rule, nothing decided."""
    ended = human.refused[attempt]
    assert ended.returncode == 1
    assert SAYS[attempt] in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert ended.stdout == ""


def test_the_clock_halts_and_tells_people_what_to_type(human: HumanRun) -> None:
    """Standard error names the case, its expertise and the command that decides it."""
    assert human.ended is not None
    said = human.ended.stderr
    assert HALTS in said
    assert f"gridpact cases --data {human.world.data} decide" in said


def test_another_process_lists_and_shows_what_people_must_know(human: HumanRun) -> None:
    """A case carries its findings, its evidence and who wrote its words."""
    assert human.listed
    assert human.shown["id"] == human.listed[0]["id"]
    assert human.shown["findings"]
    assert human.shown["evidence"]["terms"]
    assert human.shown["summary"]
    assert human.shown["summary_by"] == "template"


def test_decided_by_people_the_run_goes_on_to_its_end(human: HumanRun) -> None:
    """Every case the clock halted for is approved by the people it asked for, and the day ends well."""
    assert human.ended is not None
    assert human.ended.returncode == 0, human.ended.stderr
    assert human.decided > 0
    shown = start(
        ("cases", "--json", "--data", str(human.world.data), "show", human.listed[0]["id"]), human.world.settings
    ).wait()
    assert json.loads(shown.stdout)["state"] == CaseState.APPROVED


def test_silence_never_approves(worlds: Worlds) -> None:
    """When the deadline passes and nobody has spoken, the case expires and its contract is rejected."""
    with prepared(worlds.fresh(), replace(REDUCED_DAY, experts="human")) as (run, clock):
        while not run.scheduler.open_cases():
            live_tick(run, run.first_tick)
        waiting = run.scheduler.open_cases()
        clock.moment = waiting[0].deadline - timedelta(seconds=1)
        run.scheduler.attend_cases()
        assert len(run.scheduler.open_cases()) == len(waiting)
        clock.moment = max(case.deadline for case in waiting)
        run.scheduler.attend_cases()
        assert run.scheduler.open_cases() == []
        with run.house.database.read() as tx:
            ended = [cases.get(tx, case.id) for case in waiting]
            made = [contracts.get(tx, case.contract_digest) for case in ended]
    assert {case.state for case in ended} == {CaseState.EXPIRED}
    assert {contract.state for contract in made} == {ContractState.REJECTED}


def test_a_deal_that_nobody_is_asked_about_reaches_the_chain_too(worlds: Worlds) -> None:
    """The rules' own decision on a deal beside the auction: on record, owed to the chain, held there and audited."""
    with prepared(worlds.fresh(), replace(REDUCED_DAY, slots=1, planted=False)) as (run, _):
        slot = run.traded[0]
        corridor = run.ctx.rules.of(run.plan.first_day).corridor
        doubtful = planted_proposals(run.community, run.world.prices, slot, 48, corridor, date(2027, 3, 31))
        body = next(each.body for each in doubtful if each.id == "planted-E10-2") | {"licences": []}
        with run.house.database.begin("file") as tx:
            proposals.save(tx, [ProposalRow("in-order", slot, body)])
        trade(run)
        with run.house.database.read() as tx:
            (deal,) = [each for each in contracts.all(tx) if each.proposal_id]
            recorded = chain_records.get(tx, f"approval:{deal.digest}")
            assert cases.all(tx) == []
            assert audit(tx, run.ctx)["chain_records"] == len(chain_records.all(tx))
        assert deal.state is ContractState.RECORDED
        assert recorded.receipt
        assert run.ctx.chain.decision_of(deal.digest) == recorded.root
