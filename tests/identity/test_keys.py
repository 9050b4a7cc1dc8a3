"""Key rings: kept, private, and derived only where a demonstration says so."""

import stat
from pathlib import Path

import pytest

from domain.errors import AuditBroken, Conflict
from identity.keys import KeyRing, key_id, seeded_key
from identity.signatures import verify_bytes


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    """A new process signs as the same actor."""
    path = tmp_path / "data" / "keys.json"
    first = KeyRing(path)
    public, operator = first.public("runtime"), first.operator_key()
    again = KeyRing(path)
    assert (again.public("runtime"), again.operator_key()) == (public, operator)
    assert verify_bytes(public, b"message", again.sign("runtime", b"message"))
    assert not verify_bytes(public, b"message", again.sign("memory", b"message"))
    assert set(again.publics()) == {"runtime", "memory"}


def test_only_its_owner_may_read_the_ring(tmp_path: Path) -> None:
    """Mode 0600, also after a key is added."""
    path = tmp_path / "keys.json"
    ring = KeyRing(path)
    for actor in ("runtime", "memory"):
        ring.public(actor)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_rings_made_of_chance_differ(tmp_path: Path) -> None:
    """Two installations never share a key."""
    assert KeyRing(tmp_path / "a").public("runtime") != KeyRing(tmp_path / "b").public("runtime")
    assert KeyRing(tmp_path / "a").operator_key() != KeyRing(tmp_path / "b").operator_key()


def test_a_seed_gives_the_same_keys_and_says_so(tmp_path: Path) -> None:
    """So that two demonstrations compare; the label says that nothing is secret."""
    one, two = KeyRing(tmp_path / "a", seed=7), KeyRing(tmp_path / "b", seed=7)
    assert one.sign("runtime", b"x") == two.sign("runtime", b"x")
    assert one.operator_key() == two.operator_key() != one.public("runtime")
    assert "not secret" in (tmp_path / "a").read_text()
    assert KeyRing(tmp_path / "c", seed=8).public("runtime") != one.public("runtime")


def test_a_demonstration_ring_is_read_without_its_seed_and_replaced_by_another_one(tmp_path: Path) -> None:
    """The audit needs no seed; actors met later get keys of the same seed; another seed is another world."""
    path = tmp_path / "keys.json"
    one = KeyRing(path, seed=7)
    one.public("runtime")
    reader = KeyRing(path)
    assert reader.publics() == one.publics()
    assert reader.public("memory") == one.public("memory")
    assert KeyRing(path, seed=8).public("runtime") != one.public("runtime")
    assert "seed 8" in path.read_text()


def test_real_keys_are_never_replaced_by_a_demonstration(tmp_path: Path) -> None:
    """Losing them would make every signature of the past unverifiable."""
    path = tmp_path / "keys.json"
    KeyRing(path).public("runtime")
    with pytest.raises(Conflict, match="real keys"):
        KeyRing(path, seed=7)


@pytest.mark.parametrize("content", ["", "[]", '{"origin": "chance"}', '{"origin": "chance", "keys": {"a": "zz"}}'])
def test_a_broken_ring_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    """Making new keys over a broken file would hide the loss."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(AuditBroken, match=r"keys\.json"):
        KeyRing(path)
    assert path.read_text() == content


def test_a_key_id_is_short_and_of_the_public_key() -> None:
    """16 hex digits, different for different keys."""
    ids = {key_id(seeded_key(1, f"M{number}").public_key().public_bytes_raw()) for number in range(50)}
    assert len(ids) == 50
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in ids)
