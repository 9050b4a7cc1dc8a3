"""Bank statements as ISO 20022 writes them (camt.053): what was booked, read strictly.

A statement counts whole or not at all: its entries must lead from the opening to the closing balance, so that a page
that got lost is noticed. Only booked entries count; pending ones come again. An entry is known by the bank's own
reference, which is the same in every statement that tells it.
"""

import re
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from domain.errors import Fault, InputRefused
from gateways.payments.rail import REFERENCE, Entry

NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-4])\}Document")
STATEMENT_BYTES_MAX = 50_000_000
SIGNS = {"CRDT": 1, "DBIT": -1}
WHOLE = re.compile(r"([0-9]{1,15})(\.0{1,5})?", re.ASCII)
SAYS_CHARACTERS_MAX = 140


def read_statement(content: bytes) -> list[Entry]:
    """Every booked entry, in order. Raises InputRefused with every fault."""
    reading = _Reading()
    entries = [each for statement in reading.statements(content) for each in reading.entries(statement)]
    if not reading.faults and len({each.id for each in entries}) != len(entries):
        reading.fault("statement", "doubled_entry", "an entry's reference comes twice")
    if reading.faults:
        raise InputRefused(reading.faults)
    return entries


class _Reading:
    """One file being read. faults: what was found wrong so far. name: of the file's namespace."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.name = ""

    def fault(self, where: str, code: str, says: str) -> None:
        self.faults.append(Fault(where, code, says))

    def statements(self, content: bytes) -> list[Element]:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import fromstring

        if len(content) > STATEMENT_BYTES_MAX:
            self.fault("file", "too_large", f"a statement has at most {STATEMENT_BYTES_MAX} bytes")
            return []
        try:
            root: Element = fromstring(content, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError) as wrong:
            self.fault("file", "no_xml", f"this cannot be read as a statement: {str(wrong)[:80]}")
            return []
        if not NAMESPACE.fullmatch(root.tag):
            self.fault("file", "wrong_kind", f"expected a camt.053 document, found {root.tag[:80]}")
            return []
        self.name = root.tag.removesuffix("Document")
        found = root.findall(f"{self.name}BkToCstmrStmt/{self.name}Stmt")
        if not found:
            self.fault("file", "empty", "the document holds no statement")
        return list(found)

    def entries(self, statement: Element) -> Iterator[Entry]:
        where = f"statement {self.text(statement, 'Id')[:35]}"
        booked = [each for each in statement.findall(f"{self.name}Ntry") if self.status(each) == "BOOK"]
        known = len(self.faults)
        found = [entry for at, each in enumerate(booked, 1) for entry in self.entry(f"{where}, entry {at}", each)]
        opening, closing = self.balance(where, statement, "OPBD"), self.balance(where, statement, "CLBD")
        moved = sum(each.amount_jpy for each in found)
        if opening is not None and closing is not None and len(self.faults) == known and opening + moved != closing:
            says = f"{opening} yen and entries of {moved} make {opening + moved}, the closing balance says {closing}"
            self.fault(where, "does_not_add_up", f"{says}: ask the bank for the whole statement")
        yield from found

    def entry(self, where: str, entry: Element) -> list[Entry]:
        """One entry, or one of each transaction that was booked together in it."""
        amount = self.amount(where, entry)
        told = self.text(entry, "AcctSvcrRef") or self.text(entry, "NtryRef")
        day = self.day(where, self.text(entry, "BookgDt/Dt") or self.text(entry, "BookgDt/DtTm")[:10])
        if not told or len(told) > 35:
            self.fault(where, "no_reference", "an entry needs the bank's reference (AcctSvcrRef), to count once")
        if amount is None or day is None or not told:
            return []
        parts = entry.findall(f"{self.name}NtryDtls/{self.name}TxDtls")
        if len(parts) < 2:
            return [self.part(told, amount, day, entry, parts[0] if parts else None)]
        amounts = [self.amount(f"{where}, transaction {at}", part) for at, part in enumerate(parts, 1)]
        if None not in amounts and sum(each or 0 for each in amounts) != amount:
            self.fault(where, "does_not_add_up", f"its {len(parts)} transactions do not make {amount} yen")
        return [
            self.part(f"{told}/{at}", each or 0, day, entry, part)
            for at, (each, part) in enumerate(zip(amounts, parts, strict=True), 1)
        ]

    def part(self, told: str, amount: int, day: date, entry: Element, part: Element | None) -> Entry:
        reference = "" if part is None else self.text(part, "Refs/EndToEndId")
        says = self.text(entry, "AddtlNtryInf") if part is None else self.text(part, "RmtInf/Ustrd")
        known = reference if REFERENCE.fullmatch(reference) else ""
        return Entry(told, amount, known, day, says[:SAYS_CHARACTERS_MAX])

    def balance(self, where: str, statement: Element, kind: str) -> int | None:
        for each in statement.findall(f"{self.name}Bal"):
            if self.text(each, "Tp/CdOrPrtry/Cd") == kind:
                return self.amount(f"{where}, balance {kind}", each)
        self.fault(where, "no_balance", f"a statement needs its balance {kind}")
        return None

    def amount(self, where: str, element: Element) -> int | None:
        """Signed yen."""
        amount = element.find(f"{self.name}Amt")
        text = ("" if amount is None else amount.text or "").strip()
        currency = "" if amount is None else amount.get("Ccy", "")
        sign, whole = SIGNS.get(self.text(element, "CdtDbtInd")), WHOLE.fullmatch(text)
        if currency != "JPY" or sign is None or whole is None:
            self.fault(where, "wrong_amount", f"expected whole yen in or out, found {text[:30]!r} {currency[:3]!r}")
            return None
        return sign * int(whole[1])

    def day(self, where: str, text: str) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(where, "wrong_day", f"an entry names the day it was booked on, not {text[:20]!r}")
            return None

    def status(self, entry: Element) -> str:
        """Older versions write the word itself, newer ones a code."""
        return self.text(entry, "Sts/Cd") or self.text(entry, "Sts")

    def text(self, element: Element, path: str) -> str:
        found = element.find("/".join(self.name + step for step in path.split("/")))
        return "" if found is None else (found.text or "").strip()
