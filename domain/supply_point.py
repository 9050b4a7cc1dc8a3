"""Where the network operator meters a site, and what its files say was metered there.

A Japanese supply point has a number of 22 digits (供給地点特定番号; 受電地点特定番号 for what is fed in). The first
two name the operator's area, 01 Hokkaido to 10 Okinawa. How the last digits are formed is not published, so no check
digit is asked for.
"""

import re
from enum import StrEnum
from typing import NamedTuple

AREAS = range(1, 11)
_DIGITS = re.compile(r"[0-9]{22}", re.ASCII)


class Register(StrEnum):
    """Which revenue register a supply point counts for: the name of its field in a reading."""

    TAKEN = "import_wh"
    FED_IN = "export_wh"


class SupplyPoint(NamedTuple):
    """What a supply point's number stands for: a site, and one of its two registers."""

    site_id: str
    register: Register


class MeteredValue(NamedTuple):
    """One value of a file. point: the number as written. energy_wh: not negative. where: what a person opens to mend
    it. estimated: the file itself calls the value an estimate."""

    point: str
    slot: int
    energy_wh: int
    where: str
    estimated: bool = False


def number_fault(written: str) -> str | None:
    """Why this is no supply point's number, None when it is one."""
    if not _DIGITS.fullmatch(written):
        return f"a supply point has 22 digits, not {written[:30]!r}"
    if int(written[:2]) not in AREAS:
        return f"a supply point begins with its area, 01 to 10, not {written[:2]}"
    return None
