"""Passwords: argon2id (RFC 9106), long enough, and none that everybody tries first.

Length is what counts, so nothing is asked about capitals or signs. What is refused is what guessing programs begin
with: known words and runs, also with digits around them or in place of letters, and one's own login.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from domain.errors import Fault

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LENGTH_MIN, LENGTH_MAX = 12, 128
DISTINCT_MIN = 5
KNOWN_WORDS = (
    "abc abcdef administrator admin access aaaaaa asdf asdfgh asdfghjkl baseball battery changeme correct denki dragon "
    "energy football gridpact guest hello horse iloveyou letmein login master monkey mustang nihon nopassword pass "
    "passw password princess qazwsx qwer qwert qwerty qwertyuiop root sakura secret shadow solar staple starwars "
    "summer sunshine superman test tokyo trustno user welcome winter zaq zxcv zxcvbn zxcvbnm"
)
RUN = re.compile("|".join(re.escape("01234567890123456789"[at : at + 4]) for at in range(10)))
PLAIN = str.maketrans("013457@$!", "oieastasi")
SALT_BYTES = 16


def password_faults(password: str, login: str) -> list[Fault]:
    """Every reason to refuse a new password, none when it will do."""
    faults = []
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        faults.append(Fault("password", "wrong_length", f"take {LENGTH_MIN} to {LENGTH_MAX} characters"))
    if len(set(password)) < DISTINCT_MIN:
        faults.append(Fault("password", "too_simple", f"take at least {DISTINCT_MIN} different characters"))
    if _is_known(password, login):
        faults.append(Fault("password", "known_bad", "guessing programs try this first; take several unrelated words"))
    return faults


def hash_password(password: str, salt: bytes) -> str:
    """The argon2id hash, with its parameters and salt in it. salt: 16 bytes made of chance."""
    return _hasher().hash(password, salt=salt)


def is_password(hash_: str | None, password: str) -> bool:
    """Whether the hash is of this password. Takes as long without a hash, so that time does not tell who exists."""
    from argon2.exceptions import VerifyMismatchError

    try:
        return _hasher().verify(hash_ or _nobodys(), password) and hash_ is not None
    except VerifyMismatchError:
        return False


def _is_known(password: str, login: str) -> bool:
    """Whether little is left of it without known words, its login and runs of digits."""
    left = password.lower()
    for known in (login, login.split("@")[0]):
        left = left.replace(known, "") if len(known) > 2 else left
    left = RUN.sub("", left)
    plain = re.sub(r"[^a-z]", "", left.translate(PLAIN))
    for known in sorted(KNOWN_WORDS.split(), key=len, reverse=True):
        plain = plain.replace(known, "")
    return len(plain) < 4


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    return hash_password("the password of nobody", bytes(SALT_BYTES))
