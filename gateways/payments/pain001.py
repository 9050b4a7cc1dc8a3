"""ISO 20022 credit transfers (pain.001.001.09) between Japanese accounts.

The schema knows no minor units and no least amount, so both are checked here. Accounts are named as Zengin names them:
bank and branch as the member id of the clearing system JPZGN, the account as kind and number.
"""

from datetime import UTC, datetime, time

from lxml import etree
from lxml.builder import ElementMaker

from domain.bank_account import BankAccount
from domain.errors import Fault, InputRefused
from gateways.payments.camt053 import read_statement
from gateways.payments.rail import Entry, Instruction, Run
from gateways.payments.zengin import KIND_DIGITS, account_faults, is_bank_day

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CLEARING_SYSTEM = "JPZGN"
AMOUNT_JPY_MAX = 10**15 - 1
E = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})


class CreditTransfers:
    """Pays out by ISO 20022 credit transfers; what was booked comes back as a camt.053 statement."""

    def write(self, run: Run) -> bytes:
        """One message, the same bytes for the same run. Raises InputRefused: no bank account, an amount out of range,
        no bank day."""
        faults = account_faults(run.instructions, AMOUNT_JPY_MAX)
        if not is_bank_day(run.day):
            faults.append(Fault("day", "no_bank_day", f"banks book nothing on {run.day}: take the next bank day"))
        if faults:
            raise InputRefused(faults)
        message = E.Document(E.CstmrCdtTrfInitn(_header(run), _payments(run)))
        return bytes(etree.tostring(message, xml_declaration=True, encoding="UTF-8", pretty_print=True))

    def read(self, content: bytes) -> list[Entry]:
        """What a camt.053 statement says was booked."""
        return read_statement(content)


def _header(run: Run) -> "etree._Element":
    made = datetime.combine(run.day, time(), UTC)
    return E.GrpHdr(
        E.MsgId(run.id),
        E.CreDtTm(f"{made:%Y-%m-%dT%H:%M:%SZ}"),
        E.NbOfTxs(str(len(run.instructions))),
        E.CtrlSum(str(_sum_jpy(run))),
        E.InitgPty(E.Nm(run.payer.name)),
    )


def _payments(run: Run) -> "etree._Element":
    return E.PmtInf(
        E.PmtInfId(run.id),
        E.PmtMtd("TRF"),
        E.NbOfTxs(str(len(run.instructions))),
        E.CtrlSum(str(_sum_jpy(run))),
        E.ReqdExctnDt(E.Dt(run.day.isoformat())),
        E.Dbtr(E.Nm(run.payer.name)),
        E.DbtrAcct(*_account(run.payer.account)),
        E.DbtrAgt(_agent(run.payer.account)),
        *(_transfer(each) for each in run.instructions),
    )


def _transfer(instruction: Instruction) -> "etree._Element":
    account = instruction.payee.account
    assert account is not None, "refused before"
    return E.CdtTrfTxInf(
        E.PmtId(E.EndToEndId(instruction.reference)),
        E.Amt(E.InstdAmt(str(instruction.amount_jpy), Ccy="JPY")),
        E.CdtrAgt(_agent(account)),
        E.Cdtr(E.Nm(account.holder)),
        E.CdtrAcct(*_account(account)),
    )


def _account(account: BankAccount) -> tuple["etree._Element", "etree._Element"]:
    return E.Id(E.Othr(E.Id(f"{KIND_DIGITS[account.kind]}{account.number}"))), E.Ccy("JPY")


def _agent(account: BankAccount) -> "etree._Element":
    member = E.ClrSysMmbId(E.ClrSysId(E.Cd(CLEARING_SYSTEM)), E.MmbId(account.bank + account.branch))
    return E.FinInstnId(member)


def _sum_jpy(run: Run) -> int:
    return sum(each.amount_jpy for each in run.instructions)
