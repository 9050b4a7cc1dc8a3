"""The Zengin general transfer file (総合振込): records of 120 bytes in JIS X 0201, as Japanese banks take them.

A header names who pays, from which account and on which day; a record each payment; a trailer counts and adds up. The
day has no year, so it must be near. Digits are filled with zeros from the left, text with spaces from the right. Names
of banks and branches are left out: their numbers decide. The fields were taken from banks' published tables; the last
ones (transfer class, EDI mark) differ between banks in what they allow, not in place.
"""

from collections.abc import Sequence
from datetime import date

from domain.bank_account import AccountKind, BankAccount
from domain.errors import Fault, InputRefused
from gateways.payments.camt053 import read_statement
from gateways.payments.rail import Entry, Instruction, Run

RECORD_BYTES = 120
AMOUNT_JPY_MAX = 9_999_999_999
PAYMENTS_MAX = 999_999
KIND_DIGITS = {AccountKind.ORDINARY: "1", AccountKind.CURRENT: "2", AccountKind.SAVINGS: "4"}
BY_WIRE = "7"
"""Transfer class of a telegraphic transfer (電信振込)."""
EDI = "Y"
"""The two customer codes together are a reference that the payee sees."""


class Zengin:
    """Pays out by general transfer; what was booked comes back as a bank's camt.053 statement."""

    def write(self, run: Run) -> bytes:
        """One file, records ended by CR LF. Raises InputRefused: no account, an amount out of range, no bank day."""
        faults = _faults(run)
        if faults:
            raise InputRefused(faults)
        total_jpy = sum(each.amount_jpy for each in run.instructions)
        records = [_header(run), *(_payment(each) for each in run.instructions)]
        records += [f"8{len(run.instructions):06}{total_jpy:012}", "9"]
        return b"".join(_bytes(record) for record in records)

    def read(self, content: bytes) -> list[Entry]:
        """What a camt.053 statement says was booked."""
        return read_statement(content)


def is_bank_day(day: date) -> bool:
    """Whether banks in Japan book: no weekend, no holiday, none from 31 December to 3 January (銀行法施行令 5条)."""
    import jpholiday

    turn_of_year = (day.month, day.day) in {(12, 31), (1, 1), (1, 2), (1, 3)}
    return day.weekday() < 5 and not turn_of_year and not jpholiday.is_holiday(day)


def _faults(run: Run) -> list[Fault]:
    faults = account_faults(run.instructions, AMOUNT_JPY_MAX)
    if not is_bank_day(run.day):
        faults.append(Fault("day", "no_bank_day", f"banks book nothing on {run.day}: take the next bank day"))
    if not 0 < len(run.instructions) <= PAYMENTS_MAX:
        faults.append(Fault("run", "wrong_count", f"a file holds 1 to {PAYMENTS_MAX} payments"))
    return faults


def account_faults(instructions: Sequence[Instruction], most_jpy: int) -> list[Fault]:
    """Payments that a transfer between banks cannot carry."""
    faults = []
    for each in instructions:
        where = f"payment to {each.payee.party}"
        if each.payee.account is None:
            faults.append(Fault(where, "no_account", "it has named no bank account: gridpact payments account"))
        if not 0 < each.amount_jpy <= most_jpy:
            faults.append(Fault(where, "wrong_amount", f"a transfer is of 1 to {most_jpy} yen, not {each.amount_jpy}"))
    return faults


def _header(run: Run) -> str:
    account = run.payer.account
    return (
        f"1210{run.payer.code:0>10}{run.payer.name:<40}{run.day:%m%d}{account.bank}{'':15}{account.branch}{'':15}"
        f"{KIND_DIGITS[account.kind]}{account.number}"
    )


def _payment(instruction: Instruction) -> str:
    account = instruction.payee.account
    assert isinstance(account, BankAccount), "refused before"
    return (
        f"2{account.bank}{'':15}{account.branch}{'':15}{'':4}{KIND_DIGITS[account.kind]}{account.number}"
        f"{account.holder:<30}{instruction.amount_jpy:010}0{instruction.reference:<20}{BY_WIRE}{EDI}"
    )


def _bytes(record: str) -> bytes:
    line = record.ljust(RECORD_BYTES).encode("cp932")
    assert len(line) == RECORD_BYTES, f"a record of {len(line)} bytes: {record}"
    return line + b"\r\n"
