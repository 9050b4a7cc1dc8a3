"""What every way of paying has in common: a run of payments becomes a file, and a file says what was booked.

An amount in these files is whole yen. A payment's reference goes out with it and comes back with what was booked; it
has at most 20 characters, Latin capitals and digits, which every way of paying carries unaltered.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from domain.bank_account import BankAccount

REFERENCE = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)


class Payee(NamedTuple):
    """Whoever is paid or pays. account: at a bank, None where the way of paying needs none. point: supply point, empty
    when it has none."""

    party: str
    account: BankAccount | None
    point: str


class Instruction(NamedTuple):
    """One payment. amount_jpy: positive is paid to the payee, negative collected from it."""

    reference: str
    payee: Payee
    amount_jpy: int


class Payer(NamedTuple):
    """In whose name payments are made. name: in the characters of transfer files. code: its bank's, up to 10 digits."""

    name: str
    code: str
    account: BankAccount


class Run(NamedTuple):
    """Payments that go out in one file. id: at most 20 characters like a reference. day: on which banks shall book."""

    id: str
    day: date
    payer: Payer
    instructions: Sequence[Instruction]


class Entry(NamedTuple):
    """What was booked. id: of the bank, the same whenever the same entry is told again. amount_jpy: positive came in,
    negative went out. reference: of the payment, empty when none came along. says: the bank's words, for people."""

    id: str
    amount_jpy: int
    reference: str
    booked_on: date
    says: str


class RailFile(Protocol):
    """The files of a way of paying (:class:`domain.payment.Rail`)."""

    def write(self, run: Run) -> bytes:
        """The file of a run. Raises InputRefused with every payment that this way cannot carry, and why."""
        ...

    def read(self, content: bytes) -> list[Entry]:
        """What a file says was booked, in its order. Raises InputRefused with every fault; then nothing counts."""
        ...
