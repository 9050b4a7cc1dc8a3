"""The check of the lock finds what it is there to find."""

from check_lock import ROOT, agreement_faults, asked_for, closure, form_faults, pins
from packaging.requirements import Requirement

HASH = "--hash=sha256:" + "0" * 64


def test_a_lock_of_our_own_is_read_whole() -> None:
    """Every entry of the committed lock is a pin with hashes, and there is nothing wrong with its form."""
    text = (ROOT / "requirements/lock.txt").read_text()
    assert len(pins(text)) == text.count("==") - _markers(text)
    assert form_faults("lock.txt", text) == []


def _markers(text: str) -> int:
    return sum(line.partition(";")[2].count("==") for line in text.splitlines())


def test_an_entry_without_hash_or_with_an_address_is_named() -> None:
    """An unpinned entry, one without a hash and an address are three faults."""
    text = f"one==1 \\\n    {HASH}\ntwo==2\nthree>=3 \\\n    {HASH}\n# from ftp://somewhere\n"
    assert form_faults("lock.txt", text) == [
        "lock.txt:6: an address stands in the lock",
        "lock.txt: two has no hash",
        "lock.txt: three is not pinned to one version",
    ]


def test_a_requirement_the_lock_lacks_is_named_with_its_asker() -> None:
    """A missing pin, a pin outside the range asked for, and a pin nobody asks for are each named."""
    lock = pins(f"numpy==1.0 \\\n    {HASH}\nnobody-wants-this==1 \\\n    {HASH}\n")
    wanted = [(Requirement("numpy>=2"), "pyproject.toml"), (Requirement("absent"), "numpy")]
    faults = "\n".join(agreement_faults(lock, wanted))
    assert "pyproject.toml asks for numpy>=2, the lock has 1.0" in faults
    assert "numpy asks for absent, the lock has none" in faults
    assert "nobody asks for nobody-wants-this" in faults


def test_requirements_are_followed_to_what_they_ask_for() -> None:
    """The closure reaches distributions that only others ask for, such as psycopg's binary through its extra."""
    reached = {requirement.name.lower() for requirement, _ in closure(asked_for(ROOT / "pyproject.toml"))}
    assert {"psycopg-binary", "starlette", "pluggy"} <= reached
