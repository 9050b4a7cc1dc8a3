"""What parties do with a deal's papers: they get them, open them, consent, and may withdraw.

A contract is concluded by both people's own consent, after each opened the explanation that was delivered. What counts
is the row of the act, signed with the party's key over the digests it is about; waking the deal's thread is only a
wake-up. Silence is a no.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from contracts.paper.paper_template import PRE_CONTRACT
from domain.canonical import canonical_bytes
from domain.errors import RuleBroken, TransitionRefused
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.trading import papers
from memory.trading.papers import Act, ActRow, PaperRow
from services.opening import RULES
from services.steps import Steps


def paper_of(tx: Connection, paper_id: str) -> PaperRow:
    """One deal's papers. Raises RuleBroken when there are none."""
    found = papers.find(tx, paper_id)
    if found is None:
        raise RuleBroken(f"no papers are drawn up under {paper_id[:60]!r}")
    return found


def note_opened(steps: Steps, asker: Principal, paper: PaperRow, digest: str) -> None:
    """Write down that a side opened its explanation; that anybody else looked changes nothing."""
    if asker.party not in paper.parties or not digest_is_explanation(paper, digest):
        return
    with steps.database.begin("opened") as tx:
        _do(tx, steps, asker, paper, Act.OPENED, [digest])


def consent(steps: Steps, asker: Principal, paper_id: str) -> list[Act]:
    """A side consents to its contract, in both languages; what it has done by now.

    Raises PermissionDenied to whoever is no side, or no person; TransitionRefused before it opened the explanation,
    after the time is over, and after it withdrew.
    """
    with steps.database.begin("consent") as tx:
        paper = paper_of(tx, paper_id)
        require(asker, Action.CONCLUDE_CONTRACT, Record(frozenset(paper.parties)))
        done = done_by(papers.acts(tx, paper_id), asker.party)
        if not {Act.DELIVERED, Act.OPENED} <= done.keys():
            raise TransitionRefused(f"open the explanation of {paper_id} first: it must be read before anybody agrees")
        if Act.CONSENTED not in done and steps.clock() >= paper.due_at:
            raise TransitionRefused(f"the time to agree to {paper_id} ended at {paper.due_at:%Y-%m-%d %H:%M}")
        _do(tx, steps, asker, paper, Act.CONSENTED, sorted(paper.documents.values()))
        return sorted(done_by(papers.acts(tx, paper_id), asker.party))


def withdraw(steps: Steps, asker: Principal, paper_id: str) -> datetime:
    """A side withdraws, without a reason; until when it could have. Raises as consent, and when that time is over."""
    with steps.database.begin("withdraw") as tx:
        paper = paper_of(tx, paper_id)
        require(asker, Action.CONCLUDE_CONTRACT, Record(frozenset(paper.parties)))
        acts = papers.acts(tx, paper_id)
        until = cooling_off_ends(paper, acts)
        if until is None or Act.CONSENTED not in done_by(acts, asker.party):
            raise TransitionRefused(f"{paper_id} is not concluded: who does not consent need not withdraw")
        if steps.clock() >= until:
            raise TransitionRefused(f"the time to withdraw from {paper_id} ended at {until:%Y-%m-%d %H:%M}")
        _do(tx, steps, asker, paper, Act.WITHDRAWN, sorted(paper.documents.values()))
        return until


def done_by(acts: Sequence[ActRow], party_id: str) -> dict[Act, ActRow]:
    """What one party did, by kind."""
    return {each.kind: each for each in acts if each.party_id == party_id}


def both_consented(paper: PaperRow, acts: Sequence[ActRow]) -> bool:
    """Whether the contract is concluded."""
    return all(Act.CONSENTED in done_by(acts, party) for party in paper.parties)


def cooling_off_ends(paper: PaperRow, acts: Sequence[ActRow]) -> datetime | None:
    """Until when each side may withdraw: so many days after the second consent; None before it."""
    if not both_consented(paper, acts):
        return None
    return max(each.at for each in acts if each.kind is Act.CONSENTED) + timedelta(days=paper.cooling_off_days)


def digest_is_explanation(paper: PaperRow, digest: str) -> bool:
    """Whether a digest is that of the explanation, in either language."""
    return digest in {paper.documents[f"{PRE_CONTRACT}-{language}"] for language in ("ja", "en")}


def signed_words(act: ActRow) -> bytes:
    """What a party signs."""
    said = [act.paper_id, act.party_id, str(act.kind), [*act.documents], act.account_id]
    return canonical_bytes([*said, act.at.astimezone(UTC).isoformat()])


def _do(tx: Connection, steps: Steps, asker: Principal, paper: PaperRow, kind: Act, documents: Sequence[str]) -> None:
    """The first time counts; the same again changes nothing."""
    act = ActRow(paper.id, asker.party, kind, documents, asker.account, steps.clock())
    signature = steps.keys.sign(asker.party, signed_words(act))
    if papers.act(tx, ActRow(act.paper_id, act.party_id, kind, documents, act.account_id, act.at, signature)):
        body = {"party": asker.party, "account": asker.account, "documents": [*documents]}
        steps.note(tx, RULES, f"paper.{kind}", paper.id, body)
