"""The command lines of the pages run as they stand, one after the other, on a world in which people are awaited.

What a page writes in capitals is the reader's own (a case, a contract, the id of a key): here it is what an earlier
line printed or the set-up made. Files it names lie in the reader's folder. Whoever signs in at the terminal types
password and code.
"""

import json
import re
import shlex
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from processes import run, start, wait_until_said
from worlds import REDUCED, World, Worlds

from domain.account import AccountRole
from domain.site import Site
from gridpact.clock import HandClock
from gridpact.places import Places
from gridpact.settings import load_settings
from gridpact.wiring import House, open_house, open_reception
from identity import one_time_code
from memory import alarms, cases, registry
from memory import world as facts
from memory.trading import contracts
from services.access.accounts import invite
from services.access.invitations import accept_invitation, see_invitation
from services.devices.intake import CONFLICT

DOCS = Path(__file__).parents[2] / "docs"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = (".key", ".txt", ".yaml", ".json", ".zip", ".jwk", ".jwt", ".sd-jwt")
PASSWORD = "a long password of hers"
LEARNT = {
    "KEY_ID": r"^([\w-]{12})  meter-feed  ",
    "CLIENT_ID": r"^client_id: ([\w-]{12})",
    "CASE": r"^(C-\w+)  until ",
    "EXPERTISE": r"^C-\w+  until .* UTC  (\w+)",
    "NUMBER": r"^number (\d+)  kind dispute",
    "EVIDENCE_HASH": r"^evidence_hash: ([0-9a-f]{64})",
}


@dataclass(slots=True)
class Reader:
    """Somebody who follows a page in a folder of her own. words: what she puts for the page's capitals.
    people: who signs in at the terminal, of which party and in which role; codes: their recovery codes."""

    world: World
    folder: Path
    words: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    people: dict[str, tuple[str, AccountRole]] = field(default_factory=dict)

    def follow(self, line: str) -> None:
        """Run one line; none may fail. Learn from what it prints."""
        words = [self.own(word) for word in shlex.split(line, comments=True)]
        assert words[0] == "gridpact", line
        ended = run((*words[1:], "--data", str(self.world.data)), self.world.settings, self.types(words))
        assert ended.returncode == 0, f"{line}\n{ended.stderr}"
        for name, pattern in LEARNT.items():
            if found := re.search(pattern, ended.stdout, re.MULTILINE):
                self.words.setdefault(name, found[1])

    def own(self, word: str) -> str:
        """A file in her folder, or what stands for a word in capitals."""
        return str(self.folder / word) if word.endswith(FILES) else self.words.get(word, word)

    def types(self, words: list[str]) -> str:
        """What she types: password and one recovery code for a sign-in, and whatever else is asked."""
        login = words[words.index("--login") + 1] if "--login" in words else ""
        if login and login not in self.codes:
            self.accept(login, *self.people[login])
        return (f"{PASSWORD}\n{self.codes[login].pop()}\n" if login else "") + "the word\n"

    @contextmanager
    def house(self) -> Iterator[House]:
        """Her world from inside, at its own moment."""
        clock = HandClock(datetime.fromisoformat("2026-05-18T00:00:00+00:00"))
        with open_house(load_settings(self.world.settings), Places.of(self.world.data), clock, 7) as house:
            with house.database.read() as tx:
                moment = facts.get(tx, "clock")
            assert moment is not None
            clock.moment = datetime.fromisoformat(moment)
            yield house

    def accept(self, login: str, party: str, role: AccountRole) -> None:
        """Somebody was invited and took it up: an account that signs in."""
        with self.house() as house:
            reception = open_reception(house)
            token = invite(reception, "test", login, party, [role])
            secret = see_invitation(reception, token)["secret"]
            code = one_time_code.code(b32decode(secret), one_time_code.step_at(reception.now()))
            self.codes[login] = accept_invitation(reception, token, PASSWORD, code, "test")[1]

    def key(self, name: str, party: str, role: AccountRole, scope: str) -> None:
        """Somebody with a key in a file."""
        login = f"{name}@example.jp"
        self.follow(f"gridpact accounts register {login} --party {party} --role {role}")
        self.follow(f"gridpact keys create {login} --name hers --scope {scope} --to {name}.key")


@pytest.fixture(scope="module")
def awaited(worlds: Worlds) -> World:
    """The reduced day, killed where the clock halts for people: their cases wait."""
    world = worlds.fresh()
    running = start(("demo", *REDUCED, "--experts", "human", "--data", str(world.data)), world.settings)
    wait_until_said(running, "the clock halts", 120)
    running.kill()
    running.wait()
    return world


def of_identity(reader: Reader) -> None:
    """The page's people; a contract between two of them."""
    with reader.house() as house, house.database.begin("conduct") as tx:
        owner = {site.id: site.party_id for site in registry.sites(tx)}
        traded = next(each for each in contracts.all(tx) if each.trade_id)
        reader.words |= {"CONTRACT": traded.digest, "SELLER": owner[traded.seller_site]}
        for place in range(12):  # so much that it counts against the seller, who contests it
            alarms.sound(tx, house.clock(), CONFLICT, f"{traded.seller_site}-meter", {"place": place})
    reader.follow("gridpact cases list")
    expertise = AccountRole(reader.words["EXPERTISE"])
    (reader.folder / "privacy-notice.txt").write_text("what we keep")
    (reader.folder / "membership.txt").write_text("what we promise")
    reader.accept("sato@example.jp", f"expert-{expertise}", expertise)
    reader.accept("kato@example.jp", "expert-legal", AccountRole.LEGAL)
    reader.people = {
        "seller@example.jp": (owner[traded.seller_site], AccountRole.MEMBER),
        "buyer@example.jp": (owner[traded.buyer_site], AccountRole.MEMBER),
        "owner@example.jp": (owner["S001"], AccountRole.MEMBER),
        "mediator@example.jp": ("expert-mediator", AccountRole.MEDIATOR),
    }
    reader.key("legal", "expert-legal", AccountRole.LEGAL, "accounts:write")
    reader.key("admin", "platform", AccountRole.ADMIN, "accounts:write")


def of_cases(reader: Reader) -> None:
    """An expert in what the case asks for, with a key; a party of the case."""
    reader.follow("gridpact cases list")
    role = AccountRole(reader.words["EXPERTISE"])
    reader.key("sato", f"expert-{role}", role, "cases:decide")
    with reader.house() as house, house.database.read() as tx:
        owner = {site.id: site.party_id for site in registry.sites(tx)}
        about = contracts.get(tx, cases.get(tx, reader.words["CASE"]).contract_digest)
        reader.words["PARTY"] = owner[about.seller_site]


def of_policies(reader: Reader) -> None:
    """A draft, its author and two who approve, each of another party."""
    draft = next(block for block in PYTHON.findall((DOCS / "policies.md").read_text()) if "pack_of(" in block)
    (reader.folder / "tighter.yaml").write_text(draft.split('"""')[1])
    for name, role in (("sato", AccountRole.LEGAL), ("ito", AccountRole.FINANCE), ("mori", AccountRole.GRID)):
        reader.key(name, f"expert-{role}", role, "rules:write")


def of_devices(reader: Reader) -> None:
    """A site without a meter; an issuer's key, its status list and a certificate, as the page's own program signs."""
    with reader.house() as house, house.database.begin("site") as tx:
        registry.save_site(tx, Site("S900", next(each.party_id for each in registry.sites(tx)), "tokyo"))
    names: dict[str, str] = {}
    exec(PYTHON.findall((DOCS / "integrate/devices.md").read_text())[0].replace("S001", "S900"), names)
    for file, name in (("dso.jwk", "public"), ("dso-status.jwt", "token"), ("pv-1.sd-jwt", "text")):
        body = names[name]
        (reader.folder / file).write_text(body if isinstance(body, str) else json.dumps(body))
    reader.words |= {"SITE": "S900", "64_HEX_DIGITS": "d7" * 32}


def nothing(_: Reader) -> None:
    """The page needs no more than the world."""


PAGES: dict[str, Callable[[Reader], None]] = {
    "identity": of_identity,
    "cases": of_cases,
    "policies": of_policies,
    "integrate/devices": of_devices,
    "integrate/auth": nothing,
}


@pytest.mark.parametrize("page", PAGES)
def test_the_command_lines_of_the_page_run(page: str, worlds: Worlds, awaited: World, tmp_path: Path) -> None:
    """All of its lines that begin with ``gridpact``, in its order, on a world of their own."""
    reader = Reader(worlds.copy(awaited), tmp_path)
    PAGES[page](reader)
    text = "".join(SHELL.findall((DOCS / f"{page}.md").read_text())).replace("\\\n", "")
    lines = [line for line in text.splitlines() if line.startswith("gridpact ")]
    assert lines
    for line in lines:
        reader.follow(line)
