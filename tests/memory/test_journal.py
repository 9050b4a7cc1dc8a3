"""The journal's chain: one order, nothing altered, cut or forged without being named."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text

from domain.errors import AuditBroken
from identity.keys import seeded_key
from memory.books import journal
from memory.database import Database

AT = datetime(2026, 5, 20, 1, 2, 3, 456789, tzinfo=UTC)
KEYS = {actor: seeded_key(1, actor).public_key().public_bytes_raw() for actor in ("runtime", "rules")}


def signer(actor: str) -> Callable[[bytes], bytes]:
    return seeded_key(1, actor).sign


def write(tx: Connection, entries: int) -> None:
    for number in range(entries):
        actor = ("runtime", "rules")[number % 2]
        body = {"number": number, "text": '電力\n"x"'}
        journal.append(tx, AT, actor, "step.clear", f"slot:{number}", body, signer(actor))


def tamper(tx: Connection, statement: str) -> None:
    """What somebody with the database's own keys could do."""
    tx.execute(text("ALTER TABLE journal DISABLE TRIGGER only_grows"))
    tx.execute(text(statement))


def test_an_honest_journal_verifies_and_counts_its_entries(tx: Connection) -> None:
    """Also the empty one."""
    assert journal.verify(tx, KEYS) == 0
    write(tx, 5)
    assert journal.verify(tx, KEYS) == 5
    assert journal.head(tx).seq == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = replace(body, '2', '3') WHERE seq = 3",
        "UPDATE journal SET at = at + interval '1 microsecond' WHERE seq = 3",
        "UPDATE journal SET actor = 'rules' WHERE seq = 3",
        "UPDATE journal SET subject = 'slot:9' WHERE seq = 3",
        "UPDATE journal SET signature = (SELECT signature FROM journal WHERE seq = 1) WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 2",
    ],
)
def test_what_was_altered_or_removed_is_named(tx: Connection, statement: str) -> None:
    """The first entry that does not hold is named."""
    write(tx, 5)
    tamper(tx, statement)
    with pytest.raises(AuditBroken, match="journal entry 3"):
        journal.verify(tx, KEYS)


def test_a_journal_cut_at_its_end_shows_against_its_head(tx: Connection) -> None:
    """The chain alone cannot tell that its tail is gone; the head row can."""
    write(tx, 5)
    tamper(tx, "DELETE FROM journal WHERE seq = 5")
    with pytest.raises(AuditBroken, match="ends with entry 4"):
        journal.verify(tx, KEYS)


def test_a_journal_cut_together_with_its_head_shows_against_a_head_noted_elsewhere(tx: Connection) -> None:
    """Whoever owns the database could move the head; not one that was noted outside, e.g. on the chain."""
    write(tx, 5)
    noted = journal.head(tx)
    tamper(tx, "DELETE FROM journal WHERE seq = 5")
    tx.execute(text("UPDATE journal_head SET seq = 4, hash = (SELECT hash FROM journal WHERE seq = 4)"))
    assert journal.verify(tx, KEYS) == 4
    with pytest.raises(AuditBroken):
        journal.verify(tx, KEYS, noted)


def test_a_rewritten_entry_shows_against_a_head_noted_elsewhere(tx: Connection) -> None:
    """An actor that signs another story under the same number is found out."""
    write(tx, 1)
    noted = journal.Head(1, "0" * 64)
    with pytest.raises(AuditBroken, match="noted elsewhere"):
        journal.verify(tx, KEYS, noted)


def test_an_actor_whose_key_nobody_knows_is_named(tx: Connection) -> None:
    """No key, no trust."""
    journal.append(tx, AT, "stranger", "step", "s", {}, signer("stranger"))
    with pytest.raises(AuditBroken, match="stranger"):
        journal.verify(tx, KEYS)


def test_a_float_has_no_place_in_the_journal(tx: Connection) -> None:
    """It has more than one spelling, so that its hash could not be checked."""
    with pytest.raises(TypeError):
        journal.append(tx, AT, "runtime", "step", "s", {"share": 0.5}, signer("runtime"))


def test_entries_are_found_by_kind_and_subject(tx: Connection) -> None:
    """In the order they were written."""
    write(tx, 4)
    found = list(journal.entries(tx, "step.clear", "slot:2"))
    assert [entry.seq for entry in found] == [3]
    assert json.loads(found[0].body)["number"] == 2


def test_many_writers_at_once_make_one_chain(database: Database) -> None:
    """The head's lock gives every entry its own place; none is lost."""

    def write_some(worker: int) -> None:
        for number in range(10):
            with database.begin() as tx:
                journal.append(tx, AT, "runtime", "step", f"{worker}:{number}", {}, signer("runtime"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_some, range(4)))
    with database.read() as tx:
        assert journal.verify(tx, KEYS) == 40
