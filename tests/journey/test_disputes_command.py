"""Disputes on a finished demonstration: the page's lines run, and a process killed at a commit changes nothing."""

import json
import re
import shlex
from pathlib import Path

import pytest
from processes import killed
from worlds import World, Worlds, document

from domain.party import Role
from memory import registry
from memory.books import ledger
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from memory.database import Database

PAGE = Path(__file__).parents[2] / "docs/disputes.md"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAYS = "the meter was replaced at noon, see the letter"
SCOPES = ("person:write", "cases:read", "cases:answer")


def with_keys(worlds: Worlds, finished: World) -> World:
    """A copy whose member at S005, retailer and mediator hold keys."""
    world = worlds.copy(finished)
    database = Database(world.url)
    with database.read() as tx:
        owner = next(site.party_id for site in registry.sites(tx) if site.id == "S005")
        retailer = next(party.id for party in registry.parties(tx) if party.role is Role.RETAILER)
    database.close()
    said(world, "people", "add", "mediators", "--name", "Mediators")
    for name, party, scopes in (
        ("member", owner, SCOPES),
        ("retailer", retailer, SCOPES),
        ("mediator", "mediators", ("cases:decide",)),
    ):
        said(world, "accounts", "register", name, "--party", party, "--role", name)
        given = [word for scope in scopes for word in ("--scope", scope)]
        said(world, "keys", "create", name, "--name", "hers", *given, "--to", str(world.data / f"{name}.key"))
    return world


def said(world: World, *words: str) -> str:
    ended = world.command(*words)
    assert ended.returncode == 0, f"{words}\n{ended.stderr}"
    return ended.stdout


def the_dispute(world: World) -> DisputeRow | None:
    """The only one, with the books checked: every balance again from the transfers, and their sum zero."""
    database = Database(world.url)
    with database.read() as tx:
        ledger.verify(tx)
        found = disputes.every(tx)
    database.close()
    assert len(found) <= 1
    return found[0] if found else None


def test_the_lines_of_the_page_run(worlds: Worlds, finished: World) -> None:
    """One after the other, as they stand; the dispute's and the case's id, and the keys, are put in."""
    world = with_keys(worlds, finished)
    for line in [line for block in SHELL.findall(PAGE.read_text()) for line in block.strip().splitlines()]:
        row = the_dispute(world)
        names = {"DISPUTE": row.id, "CASE": row.case_id or ""} if row else {}
        words = [names.get(word, word) for word in shlex.split(line)[1:]]
        said(world, *(str(world.data / word) if word.endswith(".key") else word for word in words))
    ended = the_dispute(world)
    assert ended is not None
    assert (str(ended.outcome), ended.paid_ujpy) == ("withdrawn", 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_at_any_commit_of_a_dispute_changes_nothing(
    worlds: Worlds, finished: World, moment: str
) -> None:
    """Opening, answering and paying are killed before or after their commit and typed again: paid once."""
    world = with_keys(worlds, finished)
    opening = ("disputes", "open", "S005", "price_or_fee", "988450", "--jpy", "0.5", "--says", SAYS)
    member = ("--key-file", str(world.data / "member.key"), "--json")
    assert killed(world.command(*opening, *member, GRIDPACT_CRASH_AT=f"dispute:{moment}"))
    opened = json.loads(said(world, *opening, *member))
    assert opened["held_ujpy"] == 500_000
    accept = ("disputes", "accept", opened["id"], "--reason", SAYS, "--key-file", str(world.data / "retailer.key"))
    for words, label in ((("disputes", "attend"), "move"), (accept, "word"), (("disputes", "attend"), "move")):
        assert killed(world.command(*words, GRIDPACT_CRASH_AT=f"dispute-{label}:{moment}"))
        again = world.command(*words)
        assert again.returncode == 0 or (words == accept and "has answered" in again.stderr), again.stderr
    row = the_dispute(world)
    assert row is not None
    assert (str(row.outcome), row.paid_ujpy) == ("corrected", 500_000)
    assert document(world.command("audit", "verify", "--json"))
