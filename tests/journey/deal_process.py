"""A small program: one deal from invitation to a recorded contract, to be killed anywhere and started again.

    python deal_process.py DATA URL CACHE

Prints how it stands at the end as JSON. What was done before a kill is found and not done again.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from inside import REDUCED_DAY, prepared
from sqlalchemy import func, select
from worlds import World

from domain.account import AccountRole
from domain.case import Verdict
from domain.slot import Slot
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.authorisation import Kind, Principal
from memory import cases, tables
from memory.trading import papers, proposals
from services.cases.cases import Ballot, decide
from services.deals.deal_parties import Invitation
from services.figures.audit import audit
from services.papers.concluding import consent, note_opened
from services.papers.filing import contract_of
from services.papers.putting_on_paper import put_on_paper

REASON = "read the papers and the term sheet and found them in order"


def main(data: str, url: str, cache: str) -> None:
    """Go on from wherever the last process was killed."""
    world = World(Path(data), Path(cache), url)
    plan = replace(REDUCED_DAY, slots=3, planted=False, experts="human")
    given = {name: value for name, value in os.environ.items() if name == "GRIDPACT_CRASH_AT"}
    with prepared(world, plan, **given) as (run, clock):
        deal = conclude(run)
        live_tick(run, run.first_tick)
        approve(run)
        clock.moment = Slot(run.first_tick + 1).start
        live_tick(run, run.first_tick + 1)
        run.scheduler.attend_cases()
        print(json.dumps(standing(run, deal)))


def conclude(run: Run) -> str:
    """Invite the site with the most to sell and the one that takes most; both open the explanation and consent."""
    past = run.ctx.histories.until(run.traded[0] - run.ctx.time.unknown)
    seller, buyer = (run.ctx.roster.ids[int(past[name].sum(axis=1).argmax())] for name in ("export_wh", "import_wh"))
    deal = put_on_paper(run.ctx.steps, Invitation(seller, buyer, run.traded[0], 6)).id
    run.scheduler.attend_cases()
    with run.house.database.read() as tx:
        paper = papers.find(tx, deal)
    assert paper is not None
    for party in paper.parties:
        side = Principal(Kind.PERSON, party, party, frozenset({AccountRole.MEMBER}), fresh=True)
        note_opened(run.house.steps, side, paper, paper.documents["pre_contract-ja"])
        consent(run.house.steps, side, deal)
    run.scheduler.attend_cases()
    return deal


def approve(run: Run) -> None:
    """Every expert that is asked approves, who has not yet."""
    for case in run.scheduler.open_cases():
        with run.house.database.read() as tx:
            spoken = {each.person for each in cases.decisions(tx, case.id)}
        for role in case.roles:
            if f"expert-{role}" not in spoken:
                expert = Principal(Kind.PERSON, role, f"expert-{role}", frozenset({AccountRole(role)}), fresh=True)
                decide(run.house.steps, expert, Ballot(case.id, Verdict.APPROVE, REASON, case.evidence_hash))


def standing(run: Run, deal: str) -> dict[str, object]:
    """What a kill must not change: nothing doubled, nothing lost."""
    entry = tables.journal.c
    with run.house.database.read() as tx:
        contract, paper = contract_of(tx, deal), papers.find(tx, deal)
        assert contract is not None
        assert paper is not None
        audit(tx, run.ctx)
        counted = select(entry.kind, func.count()).where(entry.subject.in_([deal, f"deal:{deal}"])).group_by(entry.kind)
        return {
            "contract": contract.digest,
            "state": str(contract.state),
            "documents": dict(paper.documents),
            "acts": sorted(f"{each.party_id} {each.kind}" for each in papers.acts(tx, deal)),
            "proposals": [each.id for each in proposals.all(tx)],
            "journal": dict(map(tuple, tx.execute(counted.order_by(entry.kind)))),
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
