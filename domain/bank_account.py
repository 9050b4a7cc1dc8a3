"""Accounts at Japanese banks, as transfer files name them: bank, branch, kind, number, holder in half-width kana.

The holder stands in the characters of JIS X 0201 that banks take in transfer files: half-width katakana without small
letters, Latin capitals, digits and a few signs. A name in full-width kana or Latin letters is written so; one in kanji
has to be given by its reading.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Fault

HOLDER_CHARACTERS_MAX = 30
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ().-/｢｣,ｦｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝﾞﾟ")
_LARGE = str.maketrans("ｧｨｩｪｫｬｭｮｯｰ", "ｱｲｳｴｵﾔﾕﾖﾂ-")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー－", "-"))


class AccountKind(StrEnum):
    """Kinds of deposit."""

    ORDINARY = "ordinary"
    CURRENT = "current"
    SAVINGS = "savings"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One account. bank: 4 digits; branch: 3; number: 7; holder: as ``transfer_name`` writes it, 1 to 30 characters."""

    bank: str
    branch: str
    kind: AccountKind
    number: str
    holder: str


def bank_account(bank: str, branch: str, kind: str, number: str, holder: str) -> BankAccount | list[Fault]:
    """The account as written down by a person, or every fault of it. A number shorter than 7 digits gets zeros."""
    written, wrong = transfer_name(holder)
    faults = [
        Fault(name, "wrong_form", f"{name} has {width} digits, not {value[:20]!r}")
        for name, value, width in (("bank", bank, 4), ("branch", branch, 3), ("number", number.zfill(7), 7))
        if not re.fullmatch(rf"[0-9]{{{width}}}", value, re.ASCII)
    ]
    if kind not in list(AccountKind):
        faults.append(Fault("kind", "unknown_kind", f"a kind is one of {', '.join(AccountKind)}, not {kind[:20]!r}"))
    if wrong:
        faults.append(Fault("holder", "wrong_characters", f"banks take kana, not {wrong[:20]!r}: give the reading"))
    elif not 0 < len(written) <= HOLDER_CHARACTERS_MAX:
        faults.append(
            Fault("holder", "wrong_length", f"a holder has 1 to {HOLDER_CHARACTERS_MAX} half-width characters")
        )
    return faults or BankAccount(bank, branch, AccountKind(kind), number.zfill(7), written)


def transfer_name(written: str) -> tuple[str, str]:
    """A name in the characters of transfer files, and the characters of it that have none there."""
    import jaconv

    plain = unicodedata.normalize("NFKC", written).translate(_DASHES).strip().upper()
    half = jaconv.z2h(jaconv.hira2kata(plain), kana=True, ascii=True, digit=True).translate(_LARGE)
    return half, "".join(sorted(set(half) - _LETTERS))
