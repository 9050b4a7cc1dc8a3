"""One-time codes, waiting, passwords and sealed secrets, each by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from identity import lockout
from identity.keys import KeyRing
from identity.one_time_code import code, matching_step, step_at
from identity.password import hash_password, is_password, password_faults
from identity.sealing import seal, unseal

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(at_s: int, expected: str) -> None:
    """RFC 6238, appendix B, SHA-1."""
    assert code(b"12345678901234567890", step_at(datetime.fromtimestamp(at_s, UTC)), 8) == expected


@given(st.binary(min_size=20, max_size=20), st.integers(-5, 5))
def test_a_code_counts_only_near_its_step(secret: bytes, off: int) -> None:
    """A phone may be one step off; another step counts only where its code happens to be alike."""
    said = code(secret, step_at(NOW) + off)
    found = matching_step(secret, said, NOW)
    near = {step_at(NOW) + each: code(secret, step_at(NOW) + each) for each in (-1, 0, 1)}
    assert (found is not None) == (said in near.values())
    assert found is None or near[found] == said


@pytest.mark.parametrize("said", ["", "12345", "abcdef", "１２３４５６", "1" * 400])
def test_what_is_no_code_matches_nothing(said: str) -> None:
    """Whatever was typed."""
    assert matching_step(bytes(20), said, NOW) is None


@given(st.integers(0, 10**6), st.integers(0, 40))
def test_waiting_only_grows_and_never_past_its_bound(failures: int, free: int) -> None:
    """Free at first, then longer each time, up to a quarter of an hour; a stranger locks nobody out for good."""
    one, more = (lockout.next_try_at(each, NOW, free) - NOW for each in (failures, failures + 1))
    assert timedelta() <= one <= more <= lockout.DELAY_MAX
    assert (one == timedelta()) == (failures < free)


@pytest.mark.parametrize(
    "bad", ["short", "x" * 129, "aaaabbbbcccc", "Password2026!", "qwertyuiop12", "aoki12345678", "Tr0ub"]
)
def test_what_is_guessed_first_is_no_password(bad: str) -> None:
    """Too short, too long, too simple, known with digits around it, or one's own login."""
    assert password_faults(bad, "aoki@example.jp")


def test_a_long_phrase_is_a_password() -> None:
    """Nothing is asked about capitals and signs."""
    assert password_faults("eleven turnips under moonlight", "aoki@example.jp") == []


def test_a_hash_knows_its_password_only() -> None:
    """And without a hash nothing fits, after the same work."""
    hash_ = hash_password("eleven turnips", bytes(16))
    assert hash_.startswith("$argon2id$")
    assert [is_password(hash_, "eleven turnips"), is_password(hash_, "eleven turnip")] == [True, False]
    assert is_password(None, "the password of nobody") is False


def test_a_sealed_secret_opens_for_its_account_and_key_ring_only(tmp_path: Path) -> None:
    """A row that was moved, altered or stolen with the tables opens nothing."""
    ring, other = KeyRing(tmp_path / "a.json", seed=1), KeyRing(tmp_path / "b.json", seed=2)
    sealed = seal(ring, lambda size: bytes(size), b"secret", "me")
    assert unseal(ring, sealed, "me") == b"secret"
    for keys, text, whose in ((ring, sealed, "you"), (other, sealed, "me"), (ring, sealed[:-1] + b"\0", "me")):
        with pytest.raises(InvalidTag):
            unseal(keys, text, whose)
