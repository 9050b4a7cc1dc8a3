"""The review desk: the queue of waiting cases, one case with all that is needed to decide it, what was decided.

Reading and deciding take no script. Whoever decides has proved within the last minutes who it is, or does so with the
decision.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from domain.case import CaseState, Harm, ReasonCode, Verdict, harm_of
from domain.errors import Conflict, GridpactError, RuleBroken, SignInRefused
from gateways.http.auth import address_of
from gateways.http.doors import Doors
from gateways.http.page import Name
from gateways.http.principal import set_session
from gateways.http.problem import Refused
from identity.action import Action
from identity.authorisation import Principal, Record, may, may_each, require
from memory import cases, registry
from memory.access import accounts
from memory.cases import CaseRow
from memory.casework import queue
from memory.casework.queue import Seen, Wanted
from memory.trading import contracts
from memory.window import Window
from review_ui.desk_lines import QueueLine, claims_of, evidence_of, facts_of, queue_line, trail_of
from review_ui.desk_price import price_picture
from review_ui.desk_terms import labelled, terms_of, usual_terms
from review_ui.messages import CHOOSE, CONTRACT_STATES, EXPERTISE, HARMS, REASONS, STATES
from review_ui.paper import show
from review_ui.visit import SignedForm, SignedInVisit, Visit
from services.access.signing_in import sign_in
from services.access.who_asks import of_session
from services.cases.case_records import records_of
from services.cases.cases import Ballot, outcome
from services.cases.claiming import claim, release
from services.cases.queue import file_of, load, usual_order
from services.figures.proofs import proof_of
from services.papers.copies import copy_of_contract

ROUTER = APIRouter(prefix="/review")
QUEUE_LINES = 50
Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@ROUTER.get("")
def get_queue(request: Request, visit: SignedInVisit, q: Search = "", harm: Search = "") -> Response:
    """The waiting cases that one may see, the most urgent first."""
    lines, more = _queue(request, visit, q, harm)
    return show(visit, "queue", lines=lines, more=more, q=q, harm=harm, harms=HARMS, case=None)


@ROUTER.get("/done")
def get_done(request: Request, visit: SignedInVisit) -> Response:
    """The cases that ended, the latest deadline first."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        seen = _seen(tx, visit.person, queue.ended(tx, _sight(tx, visit.person), QUEUE_LINES))
        lines = [(case, line) for case, line in zip(seen, _lines(tx, seen, visit.language), strict=True)]
    return show(visit, "done", lines=lines, states=STATES)


@ROUTER.get("/cases/{case_id}")
def get_case(request: Request, visit: SignedInVisit, case_id: Name, q: Search = "", harm: Search = "") -> Response:
    """One case beside the queue."""
    return case_page(request, visit, case_id, q=q, harm=harm)


@ROUTER.get("/cases/{case_id}/document.pdf")
def get_document(request: Request, visit: SignedInVisit, case_id: Name) -> Response:
    """The words of the contract that a case is about, for whoever may see the case."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        case = _known(tx, case_id)
        require(visit.person, Action.SEE_CASE, records_of(tx, [case])[0])
        if not case.contract_digest:
            raise Refused(404, "no_contract", f"case {case_id} is about no contract")
        copy = copy_of_contract(tx, contracts.get(tx, case.contract_digest), doors.time, visit.language)
    named = {"Content-Disposition": f'inline; filename="{case_id}-{visit.language}.pdf"', "ETag": f'"{copy.digest}"'}
    return Response(copy.content, media_type="application/pdf", headers=named)


@ROUTER.post("/cases/{case_id}/decision")
def post_decision(request: Request, visit: SignedInVisit, case_id: Name, form: SignedForm) -> Response:
    """Decide. Whoever did not sign in lately does so with the form; then its words are kept and nothing is decided."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    token, asker = "", visit.person
    try:
        if not asker.fresh:
            token, asker = _proved(request, visit, form)
        ballot = _ballot(case_id, form)
        doors.decide(asker, ballot)
    except (GridpactError, ValueError) as refused:
        fault = CHOOSE if isinstance(refused, ValueError) else str(refused)
        return case_page(request, visit, case_id, fault=fault, said=dict(form), status=409)
    response = RedirectResponse(f"/{visit.language}/review/cases/{case_id}", 303)
    if token:
        set_session(response, doors.reception.website, token)
    return response


def _ballot(case_id: str, form: SignedForm) -> Ballot:
    """What a form says. Raises ValueError when it names no verdict, or a kind of reason that there is not."""
    code = form.get("reason_code", "")
    return Ballot(
        case_id,
        Verdict(form.get("verdict", "")),
        form.get("reason", ""),
        form.get("shown", ""),
        ReasonCode(code) if code else None,
    )


@ROUTER.post("/cases/{case_id}/hand")
def post_hand(request: Request, visit: SignedInVisit, case_id: Name, form: SignedForm) -> Response:
    """Take a case in hand, or let it go."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    try:
        if form.get("hand") == "release":
            release(doors.steps, visit.person, case_id)
        else:
            claim(doors.steps, visit.person, case_id)
    except Conflict as taken:
        return case_page(request, visit, case_id, fault=str(taken), status=409)
    return RedirectResponse(f"/{visit.language}/review/cases/{case_id}", 303)


@ROUTER.get("/team")
def get_team(request: Request, visit: SignedInVisit) -> Response:
    """How many cases wait, and who has how many in hand."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        found = load(tx, visit.person, visit.now)
        waiting = cases.list(tx, CaseState.OPEN)
    late = sum(visit.now >= each.opened_at + (each.deadline - each.opened_at) * 4 / 5 for each in waiting)
    return show(visit, "team", load=found, late=late)


def _proved(request: Request, visit: Visit, form: SignedForm) -> tuple[str, Principal]:
    """A new session for whoever proves to be the same account. Raises SignInRefused."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        login = accounts.get(tx, visit.person.account).login
    opened = sign_in(doors.reception, login, form.get("password", ""), form.get("code", ""), address_of(request))
    known = of_session(doors.reception, opened.token)
    if known is None or known.principal.account != visit.person.account:
        raise SignInRefused("sign in as yourself")
    return opened.token, known.principal


def case_page(
    request: Request,
    visit: Visit,
    case_id: str,
    *,
    q: str = "",
    harm: str = "",
    fault: str = "",
    said: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """A case beside the queue. fault: what was refused. said: what was typed, kept for another try."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    lines, more = _queue(request, visit, q, harm)
    with doors.steps.database.read() as tx:
        case = _known(tx, case_id)
        record = records_of(tx, [case])[0]
        require(visit.person, Action.SEE_CASE, record)
        asked = may(replace(visit.person, fresh=True), Action.DECIDE_CASE, record).allowed
        file = file_of(tx, case_id)
        contract = contracts.get(tx, case.contract_digest) if case.contract_digest else None
        proof = proof_of(tx, contract) if contract else None
        line = _lines(tx, [case], visit.language)[0]
        price = price_picture(tx, doors.time, doors.audience, contract, visit.language) if contract else None
        parties = [(each.id, each.name) for each in registry.parties(tx) if each.id in record.owners]
        waits = case.state is CaseState.OPEN and outcome(tx, case, visit.now) is None
    return show(
        visit,
        "case",
        status,
        lines=lines,
        more=more,
        q=q,
        harm=harm,
        harms=HARMS,
        case=case,
        line=line,
        contract=contract,
        proof=proof,
        contract_states=CONTRACT_STATES,
        decisions=file.decisions,
        claims=claims_of(case, visit.language),
        evidence=(pieces := evidence_of(case, visit.language)),
        anchors={each.id: each.anchor for each in pieces},
        terms=labelled(contract.terms, visit.language) if contract else [],
        facts=facts_of(contract, visit.language) if contract else [],
        trail=trail_of(file),
        amendments=[terms_of(each, contract, visit.language) for each in file.amendments] if contract else [],
        price=price,
        usual=usual_terms(case, visit.language),
        parties=parties,
        risk=harm_of(case.harm_ujpy, case.approvals, len(case.findings)),
        fault=fault,
        said=said or {},
        states=STATES,
        expertise=EXPERTISE,
        reasons=REASONS,
        claim=file.claim if file.claim and file.claim.until > visit.now else None,
        waits=waits,
        open=waits and asked and visit.person.party not in {each.person for each in file.decisions},
    )


def _known(tx: Connection, case_id: str) -> CaseRow:
    """Raises Refused 404."""
    try:
        return cases.get(tx, case_id)
    except RuleBroken as unknown:
        raise Refused(404, "unknown_case", str(unknown)) from None


def _queue(request: Request, visit: Visit, q: str, harm: str) -> tuple[list[QueueLine], int]:
    """The first lines of the queue, and how many there are."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        wanted = _wanted(tx, visit.person, q.strip(), harm)
        found = queue.part(tx, wanted, usual_order(tx), Window(limit=QUEUE_LINES))[:QUEUE_LINES]
        return _lines(tx, _seen(tx, visit.person, found), visit.language), queue.waiting(tx, wanted)


def _wanted(tx: Connection, asker: Principal, q: str, harm: str) -> Wanted:
    """What is searched for, among what one may see: everything, or what asks for one's roles or is about oneself."""
    names = {party.id: party.name.casefold() for party in registry.parties(tx)} if q else {}
    named = [site.id for site in registry.sites(tx) if q and q.casefold() in names.get(site.party_id, "")]
    grade = Harm(harm) if harm in list(Harm) else None
    return Wanted(text=q or None, named=named, harm=grade, seen=_sight(tx, asker))


def _sight(tx: Connection, asker: Principal) -> Seen | None:
    """Which cases somebody sees, None for every one."""
    if may(asker, Action.SEE_CASE, Record()).allowed:
        return None
    own = [site.id for site in registry.sites(tx) if site.party_id == asker.party]
    return Seen(sorted(asker.roles), asker.party, own)


def _seen(tx: Connection, asker: Principal, rows: list[CaseRow]) -> list[CaseRow]:
    allowed = may_each(asker, Action.SEE_CASE, records_of(tx, rows)) if rows else []
    return [case for case, decision in zip(rows, allowed, strict=True) if decision.allowed]


def _lines(tx: Connection, rows: list[CaseRow], language: str) -> list[QueueLine]:
    names = {party.id: party.name for party in registry.parties(tx)}
    of_site = {site.id: names.get(site.party_id, site.id) for site in registry.sites(tx)}
    about = {row.digest: row for row in contracts.of_digests(tx, [row.contract_digest for row in rows])}
    return [queue_line(row, about.get(row.contract_digest), of_site, language) for row in rows]
