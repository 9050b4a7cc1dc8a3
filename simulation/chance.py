"""Chance that a seed and a name decide, so that the order of asking changes nothing and a resumed run draws the same.

Each draw is a SHA-256 of its seed and name: the same on every machine, Python and numpy, which a library's own
generator does not promise.
"""

import hashlib

_BELL_DRAWS = 12
_TOP = 1 << 16


def whole(seed: int, low: int, high: int, *name: object) -> int:
    """A whole number from ``low`` to ``high``, both included, all as likely as each other (to 2^-64)."""
    assert low <= high, f"nothing lies between {low} and {high}"
    return low + int.from_bytes(_digest(seed, name)[:8]) % (high - low + 1)


def bell(seed: int, deviation: int, *name: object) -> int:
    """A whole number around zero with about this standard deviation: twelve even draws added (Irwin-Hall).

    Never further away than six deviations. Rounds toward minus infinity.
    """
    digest = _digest(seed, name)
    total = sum(int.from_bytes(digest[2 * i : 2 * i + 2]) for i in range(_BELL_DRAWS))
    return (total - _BELL_DRAWS * (_TOP - 1) // 2) * deviation // _TOP


def _digest(seed: int, name: tuple[object, ...]) -> bytes:
    return hashlib.sha256("/".join(map(str, (seed, *name))).encode()).digest()
