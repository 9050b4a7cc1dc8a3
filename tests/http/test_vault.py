"""The vault: what is set is used and never shown, in no row, file of the database's, answer or error."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from street import Street, build

from domain.errors import AuditBroken, InputRefused, ModelDown, OutsideFailed, RuleBroken
from gridpact.cli import main
from identity.vault import MasterKeys
from memory.access import vault_secrets
from memory.database import Database
from memory.tables import METADATA
from services.access.vault import Vault

SECRET = "s3cr3t-of-the-bank-ÄÖ"
NAME = "bank"


def chance(count: int) -> bytes:
    return bytes(range(count))


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def vault(street: Street, tmp_path: Path) -> Vault:
    import os

    return Vault(street.steps, MasterKeys(tmp_path / "outside" / "vault.key", os.urandom))


def opened(vault: Vault, name: str = NAME) -> str:
    return vault.use(name, lambda secret: secret[::-1])[::-1]


def test_a_secret_is_used_in_a_call_and_stands_in_no_row(vault: Vault, street: Street) -> None:
    """Every column of every table, the journal too, is searched for it in text and bytes."""
    assert (vault.put(NAME, "first", "test"), vault.put(NAME, SECRET, "test")) == (1, 2)
    assert opened(vault) == SECRET
    with street.database.read() as tx:
        rows = [str(row) for name in METADATA.tables for row in tx.execute(text(f"SELECT {name}::text FROM {name}"))]
    hexed = SECRET.encode().hex()
    assert not [row for row in rows if SECRET in row or hexed in row or "first" in row]
    assert any("vault.set" in row for row in rows)
    assert SECRET not in f"{vault!r} {vault.listed()!r} {vault.keys!r}"


def test_a_new_master_key_seals_everything_anew(vault: Vault, tmp_path: Path) -> None:
    """The old file opens nothing any more; the new one opens all, in another process too."""
    path = tmp_path / "outside" / "vault.key"
    for name in ("a", "b"):
        vault.put(name, name * 3, "test")
    before, old = vault.keys.current_id, path.read_bytes()
    assert vault.rotate("test") == 2
    assert {each.key_id for each in vault.listed()} == {vault.keys.current_id} != {before}
    again = replace(vault, keys=MasterKeys(path, chance))
    assert [opened(again, name) for name in ("a", "b")] == ["aaa", "bbb"]
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(old)
    with pytest.raises(RuleBroken, match="restore the file"):
        opened(replace(vault, keys=MasterKeys(path, chance)), "a")


def test_a_crash_while_sealing_anew_loses_nothing(vault: Vault, street: Street, database_url: str) -> None:
    """Before the commit the old rows hold under the old key; the same command again ends it."""

    def crash(point: str) -> None:
        if point == "vault-rotate:before":
            raise KeyboardInterrupt

    vault.put(NAME, SECRET, "test")
    fragile = Database(database_url, crash)
    with pytest.raises(KeyboardInterrupt):
        replace(vault, steps=replace(vault.steps, database=fragile)).rotate("test")
    fragile.close()
    assert opened(vault) == SECRET
    vault.rotate("test")
    assert opened(vault) == SECRET


class Angry(Exception):
    """An outside library's error that repeats what it was given."""


def test_an_error_never_carries_the_secret_out(vault: Vault) -> None:
    """It becomes one without it, with nothing chained to it; any other error passes as it is."""
    vault.put(NAME, SECRET, "test")

    def leaks(secret: str) -> NoReturn:
        raise Angry(f"401 for {secret}")

    def fails(secret: str) -> NoReturn:
        raise ModelDown("no answer")

    with pytest.raises(OutsideFailed) as caught:
        vault.use(NAME, leaks)
    assert SECRET not in f"{caught.value!r}"
    assert caught.value.__suppress_context__
    with pytest.raises(ModelDown, match="no answer"):
        vault.use(NAME, fails)


def test_what_is_altered_or_moved_opens_nothing(vault: Vault, street: Street) -> None:
    """Neither another name's secret nor an earlier version of the same name, nor a changed byte."""
    vault.put("a", "one", "test")
    with street.database.begin() as tx:
        first = vault_secrets.all(tx)["a"]
    vault.put("a", "two", "test")
    with street.database.begin() as tx:
        now = vault_secrets.all(tx)["a"]
        bent = bytes([now.sealed[0] ^ 1]) + now.sealed[1:]
        for moved in (replace(now, sealed=first.sealed), replace(now, sealed=bent)):
            vault_secrets.put(tx, replace(moved, name="a" if moved.sealed == bent else "b"))
    for name in ("a", "b"):
        with pytest.raises(AuditBroken):
            opened(vault, name)


@pytest.mark.parametrize(
    ("name", "secret"), [("Bank", "x"), ("", "x"), ("../x", "x"), ("bank", ""), ("b", "x" * 20_000)]
)
def test_what_is_out_of_form_is_refused_without_being_repeated(vault: Vault, name: str, secret: str) -> None:
    """A refused secret is a secret too."""
    with pytest.raises(InputRefused) as refused:
        vault.put(name, secret, "test")
    assert "xxxx" not in str(refused.value)
    with pytest.raises(RuleBroken, match="holds no"):
        opened(vault, "nothing")


@given(st.text(min_size=1, max_size=200), st.integers(1, 1000))
def test_what_was_sealed_comes_back(secret: str, version: int) -> None:
    """Whatever its characters; under another version it does not."""
    keys = MasterKeys(Path("/nonexistent/vault.key"), chance)
    keys._keys = [bytes(32)]
    key, sealed = keys.seal(NAME, version, secret)
    assert keys.unseal(NAME, version, key, sealed) == secret
    with pytest.raises(AuditBroken):
        keys.unseal(NAME, version + 1, key, sealed)


def test_the_command_line_takes_a_secret_and_shows_none(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Piped in, listed by name, sealed anew; a broken key file is told as such."""
    monkeypatch.setenv("GRIDPACT_DATABASE_URL", street.database.url)
    monkeypatch.setenv("GRIDPACT_VAULT_KEY_FILE", str(tmp_path / "elsewhere.key"))

    def run(*words: str) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\n"))
        status = main(["vault", *words, "--json", "--data", str(tmp_path)])
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return json.loads(said.out) if status == 0 else said.err

    assert run("set", NAME) == [{"set": NAME, "version": 1}]
    assert run("rotate")[0]["sealed_anew"] == 1
    assert [(each["name"], each["version"]) for each in run("list")] == [(NAME, 1)]
    (tmp_path / "elsewhere.key").write_text("{}")
    assert "no master key" in run("set", NAME)
