"""The numbers of PostgreSQL's advisory locks: two things under one number wait for each other for ever."""

import re
from pathlib import Path

MEMORY = Path(__file__).parents[2] / "memory"


def test_no_two_locks_have_one_number() -> None:
    """The world's own lock is held as long as a market runs: whoever shared its number would never go on."""
    numbers = [
        number
        for path in sorted(MEMORY.rglob("*.py"))
        for number in re.findall(r"^\w*LOCK = (0x[0-9A-Fa-f]+)", path.read_text(), re.MULTILINE)
    ]
    assert len(numbers) > 5
    assert len(set(numbers)) == len(numbers)
