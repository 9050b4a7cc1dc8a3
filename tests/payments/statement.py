"""A bank of the tests: writes statements (camt.053.001.08) of what it booked."""

from typing import NamedTuple
from xml.sax.saxutils import escape

NAME = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


class Line(NamedTuple):
    """One entry. amount_jpy: positive came in. parts: amount and reference of each, when several were booked as one."""

    id: str
    amount_jpy: int
    reference: str
    booked: bool = True
    says: str = ""
    parts: tuple[tuple[int, str], ...] = ()


def statement(lines: list[Line], opening_jpy: int = 9_700) -> bytes:
    """The statement of 30 November 2026 over these entries."""
    closing = opening_jpy + sum(line.amount_jpy for line in lines if line.booked)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NAME}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-30T18:00:00+09:00</CreDtTm></GrpHdr>"
        "<Stmt><Id>S1</Id><Acct><Id><Othr><Id>27654321</Id></Othr></Id></Acct>"
        f"{_balance('OPBD', opening_jpy)}{_balance('CLBD', closing)}{''.join(map(_entry, lines))}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(line: Line) -> str:
    parts = line.parts or ((line.amount_jpy, line.reference),)
    told = "".join(
        f"<TxDtls>{f'<Refs><EndToEndId>{reference}</EndToEndId></Refs>' if reference else ''}"
        f"{_money(amount)}{f'<RmtInf><Ustrd>{escape(line.says)}</Ustrd></RmtInf>' if line.says else ''}</TxDtls>"
        for amount, reference in parts
    )
    return (
        f"<Ntry>{_money(line.amount_jpy)}<Sts><Cd>{'BOOK' if line.booked else 'PDNG'}</Cd></Sts>"
        f"<BookgDt><Dt>2026-11-30</Dt></BookgDt><AcctSvcrRef>{line.id}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd><NtryDtls>{told}</NtryDtls></Ntry>"
    )


def _balance(kind: str, amount_jpy: int) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_money(amount_jpy)}<Dt><Dt>2026-11-30</Dt></Dt></Bal>"


def _money(amount_jpy: int) -> str:
    sign = "CRDT" if amount_jpy >= 0 else "DBIT"
    return f'<Amt Ccy="JPY">{abs(amount_jpy)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
