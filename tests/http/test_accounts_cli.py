"""``gridpact accounts`` and ``gridpact keys``: the same accounts, from the command line."""

import io
import json
import os
import sys
from base64 import b32decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.account import AccountRole
from domain.party import Party, Role
from gridpact.cli import main
from identity.keys import KeyRing
from identity.one_time_code import code, step_at
from identity.passkey import Website
from memory import registry
from memory.access import sessions
from memory.database import Database
from services.access.accounts import invite
from services.access.invitations import accept_invitation, see_invitation
from services.access.reception import Reception
from services.steps import Steps

PASSWORD = "eleven turnips under moonlight"


class Console:
    """Commands on one world, and what they print."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self.capsys = data, capsys

    def run(self, *words: str) -> tuple[int, Any]:
        """Exit status, and the JSON or the complaint."""
        status = main([*words, "--json", "--data", str(self.data)])
        said = self.capsys.readouterr()
        return status, json.loads(said.out) if status == 0 else said.err


@pytest.fixture
def console(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    with database.begin() as tx:
        registry.save_party(tx, Party("P1", "Aoki", Role.MEMBER))
    monkeypatch.setenv("GRIDPACT_DATABASE_URL", database.url)
    return Console(tmp_path, capsys)


def test_an_account_is_invited_given_roles_and_let_go(console: Console) -> None:
    """Each move shows the new state; the roles keep who gave and took them."""
    status, told = console.run("accounts", "invite", "Aoki@example.jp", "--party", "P1", "--role", "member")
    assert (status, told["login"], len(told["invitation"])) == (0, "Aoki@example.jp", 43)
    console.run("accounts", "roles", "aoki@example.jp", "--give", "auditor", "--take", "member")
    (known,) = console.run("accounts", "list")[1]
    assert known == {"account": "aoki@example.jp", "party": "P1", "state": "invited", "roles": ["auditor"]}
    history = console.run("accounts", "roles", "aoki@example.jp")[1]
    taken = {each["role"]: each["taken"].partition(" by ")[2] for each in history}
    assert taken == {"member": "command line", "auditor": ""}
    assert console.run("accounts", "leave", "aoki@example.jp")[1][0]["state"] == "left"
    assert console.run("accounts", "unlock", "aoki@example.jp")[0] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("accounts", "invite", "x", "--party", "P9"), "no party has the id 'P9'"),
        (("accounts", "invite", "x", "--party", "P1", "--role", "king"), "'king' is no role"),
        (("accounts", "lock", "nobody"), "no account has the id nobody"),
        (("keys", "create", "nobody", "--name", "k", "--scope", "home:read"), "no account has the id nobody"),
        (("keys", "revoke", "nothing"), "no key has the id nothing"),
    ],
)
def test_what_nobody_knows_is_refused_by_name(console: Console, words: tuple[str, ...], says: str) -> None:
    """One line, the exit status of a broken rule, nothing changed."""
    status, said = console.run(*words)
    assert status == 1
    assert says in said


def test_a_program_gets_a_key_that_can_be_revoked(console: Console) -> None:
    """Shown once; the list knows it by its id only. A program is never a person too."""
    console.run("accounts", "register", "feed", "--party", "P1", "--role", "client")
    assert console.run("accounts", "roles", "feed", "--give", "admin")[0] == 1
    key = console.run("keys", "create", "feed", "--name", "meter", "--scope", "data:write")[1]["key"]
    assert key.startswith("gpk_")
    (listed,) = console.run("keys", "list", "--account", "feed")[1]
    assert (listed["scopes"], listed["revoked"], key in str(listed)) == (["data:write"], False, False)
    assert console.run("keys", "revoke", listed["id"])[0] == 0
    assert console.run("keys")[1][0]["revoked"] is True


def test_a_key_goes_to_a_file_that_only_its_owner_reads(console: Console) -> None:
    """The key is shown nowhere, a file that is there is never overwritten, and what the key may not do is refused."""
    console.run("accounts", "register", "sato", "--party", "P1", "--role", "member")
    file = console.data / "sato.key"
    words = ("keys", "create", "sato", "--name", "k", "--scope", "cases:decide", "--to", str(file))
    assert console.run(*words) == (0, {"account": "sato", "file": str(file)})
    assert (file.stat().st_mode & 0o777, file.read_text()[:4]) == (0o600, "gpk_")
    status, said = console.run(*words)
    assert status == 1
    assert "File exists" in said
    decide = ("cases", "decide", "C-0", "approve", "--reason", "in order, both sides agree", "--key-file")
    for given, says in ((file, "no case has the id C-0"), (console.data / "no.key", "no file with a key")):
        status, said = console.run(*decide, str(given))
        assert status == 1
        assert says in said


def test_somebody_signs_in_for_one_command(
    console: Console, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Password and code are read from the pipe; wrong ones open nothing, and no session is left."""
    reception = Reception(
        Steps(database, KeyRing(console.data / "keys.json"), lambda: datetime.now(UTC)), os.urandom, Website("http://x")
    )
    invitation = invite(reception, "test", "sato", "P1", [AccountRole.LEGAL])
    secret = b32decode(see_invitation(reception, invitation)["secret"])
    accept_invitation(reception, invitation, PASSWORD, code(secret, step_at(datetime.now(UTC)) - 1), "test")
    decide = ("cases", "decide", "C-0", "approve", "--reason", "in order, both sides agree", "--login", "sato")
    good = code(secret, step_at(datetime.now(UTC)))
    for password, says in ((PASSWORD, "no case has the id C-0"), ("a guess", "do not fit together")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n{good}\n"))
        status, said = console.run(*decide)
        assert status == 1
        assert says in said
    with database.read() as tx:
        assert [each.how for each in sessions.of_account(tx, "sato")] == ["invitation"]


def test_clients_are_made_listed_and_revoked(console: Console) -> None:
    """A service shows its secret once and acts for a program's account; one kind of client is not the other."""
    console.run("accounts", "register", "feed", "--party", "P1", "--role", "client")
    status, made = console.run("clients", "register", "meter feed", "--account", "feed", "--scope", "home:read")
    assert (status, made["secret"][:4]) == (0, "gps_")
    asker = console.run("clients", "register", "mine", "--redirect", "http://127.0.0.1:7777/back")[1]
    assert list(asker) == ["client_id"]
    listed = {each["client_id"]: each for each in console.run("clients", "list")[1]}
    assert listed[made["client_id"]]["scopes"] == ["home:read"]
    assert made["secret"] not in str(listed)
    assert console.run("clients", "revoke", made["client_id"])[0] == 0
    for words in (
        ("revoke", made["client_id"]),
        ("register", "x", "--account", "feed", "--scope", "cases:decide"),
        ("register", "x", "--account", "feed", "--redirect", "https://a.example/"),
        ("register", "x", "--redirect", "http://a.example/"),
        ("register", "x"),
    ):
        assert console.run("clients", *words)[0] == 1
