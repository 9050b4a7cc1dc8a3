"""The desk's application over a database with many waiting cases, served by a process of its own."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from contracts.terms import Deal, Frame, proposal_terms, term_digest
from domain.account import AccountRole, AccountState
from domain.canonical import digest
from domain.contract import ContractState
from domain.party import Expertise, Party, Role
from domain.site import Site
from domain.tariff import PriceStack
from gridpact.clock import wall
from gridpact.door import doors
from gridpact.places import Places
from gridpact.settings import load_settings
from gridpact.wiring import House, open_house, open_reception
from identity import access
from memory import cases, registry
from memory.access import accounts
from memory.access.accounts import AccountRow, RoleRow
from memory.cases import CaseRow
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.access.signing_in import open_session
from services.cases.cases import thread_of

EXPERTS, SLOT = 40, 989_990  # five desks of one account may listen at once
STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
FRAME = Frame("local", "tokyo", 30, "R1", "A0001", "jp_demo", "0" * 64, STACK)
FINDING = {
    "trigger": "E05",
    "name": "Price deviation",
    "name_ja": "価格乖離",
    "text": "price 18.00 JPY/kWh, 40 % off the reference",
    "text_ja": "単価 18.00 円/kWh、基準との乖離 40 %",
    "action": "escalate",
    "roles": ["legal"],
}


def serve(folder: Path, count: int, pipe: Pipe) -> None:
    """Fill the database, tell origin, session tokens and the first case through the pipe, and serve until it is told
    to stop."""
    import threading

    import uvicorn

    from gateways.http.app import create_app
    from review_ui.site import add_pages

    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = load_settings().model_copy(update={"origin": origin})
    with open_house(settings, Places.of(folder), wall, 1) as house:
        house.database.migrate()
        case = _fill(house, count)
        opened = doors(house)
        server = uvicorn.Server(uvicorn.Config(add_pages(create_app(opened), opened), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        pipe.send((origin, [_session(house, number) for number in range(EXPERTS)], case))
        pipe.recv()
        server.should_exit = True
        thread.join(10)


def _session(house: House, number: int) -> str:
    with house.database.begin("session") as tx:
        return open_session(tx, open_reception(house), f"reviewer-{number}", "bench", "bench").token


def _fill(house: House, count: int) -> str:
    """Two homes, an expert, and the cases; the id of the first."""
    now = house.clock()
    with house.database.begin("fill") as tx:
        access.grant_defaults(tx)
        for number in (1, 2):
            registry.save_party(tx, Party(f"P{number}", f"home {number}", Role.MEMBER))
            registry.save_site(tx, Site(f"S{number}", f"P{number}", "tokyo"))
        registry.save_party(tx, Party("expert", "expert", Role.EXPERT, Expertise.LEGAL))
        for number in range(EXPERTS):
            name = f"reviewer-{number}"
            accounts.add(tx, AccountRow(name, "expert", name, AccountState.ACTIVE, now))
            accounts.give_role(tx, RoleRow(name, AccountRole.LEGAL, now, "bench"))
        rows = list(_contracts(count))
        contracts.save(tx, rows)
        for number, row in enumerate(rows):
            cases.open(tx, _case(house, number, row))
    return _name(0)


def _contracts(count: int) -> Iterator[ContractRow]:
    for number in range(count):
        deal = Deal(f"D{number}", SLOT, SLOT + 48, "S1", "S2", 30_000 + number % 900_000, 18_000, "tokyo", "tokyo")
        terms = proposal_terms(FRAME, deal)
        sides = ("S1", "S2", deal.energy_wh, 18_000, False)
        yield ContractRow(term_digest(terms), SLOT, None, deal.id, *sides, ContractState.ESCALATED, terms)


def _case(house: House, number: int, row: ContractRow) -> CaseRow:
    evidence = {"contract": row.digest, "terms": row.terms}
    now = house.clock()
    return CaseRow(
        id=_name(number),
        contract_digest=row.digest,
        thread=thread_of(_name(number)),
        opened_at=now,
        deadline=now + timedelta(hours=4, seconds=number),
        roles=["legal"],
        approvals=1,
        findings=[FINDING],
        evidence=evidence,
        evidence_hash=digest(evidence),
        summary="1. price off the reference [E05]",
        summary_by="template",
        harm_ujpy=row.terms["value_ujpy"] * (1 + number % 300),
    )


def _name(number: int) -> str:
    return f"C-{number:06}"
