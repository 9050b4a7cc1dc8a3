"""Payment over the retailer's bill, the usual way in Japan: what each supply point's next bill gives or takes.

The retailer answers with a table of what it booked. Both are CSV in UTF-8 with a first line of names; amounts are
whole yen from the payee's side: positive is credited on the bill, negative is added to it.
"""

import csv
import io
import re
from datetime import date

from domain.errors import Fault, InputRefused
from gateways.payments.rail import REFERENCE, Entry, Run

COLUMNS = ("reference", "supply_point", "amount_jpy", "bill_month")
ANSWER = ("entry", "reference", "amount_jpy", "booked_on", "says")
ANSWER_BYTES_MAX = 50_000_000
WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
ENTRY = re.compile(r"[A-Za-z0-9._-]{1,35}", re.ASCII)


class RetailerBill:
    """Pays out and collects over the bills of supply points."""

    def write(self, run: Run) -> bytes:
        """The table of a run. Raises InputRefused naming every payee without a supply point."""
        faults = [
            Fault(
                f"payment to {each.payee.party}", "no_supply_point", "none of its sites has one: gridpact import points"
            )
            for each in run.instructions
            if not each.payee.point
        ]
        if faults:
            raise InputRefused(faults)
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for each in run.instructions:
            table.writerow((each.reference, each.payee.point, each.amount_jpy, f"{run.day:%Y-%m}"))
        return out.getvalue().encode()

    def read(self, content: bytes) -> list[Entry]:
        """What the retailer says it booked; from the payer's side, so a credit on a bill went out."""
        reader = csv.DictReader(io.StringIO(_text(content)), strict=True)
        faults: list[Fault] = []
        entries: dict[str, Entry] = {}
        try:
            if tuple(reader.fieldnames or ()) != ANSWER:
                raise InputRefused([Fault("line 1", "wrong_columns", f"expected the columns {', '.join(ANSWER)}")])
            for row in reader:
                entry = _entry(f"line {reader.line_num}", row, faults)
                if entry is not None and entries.setdefault(entry.id, entry) is not entry:
                    faults.append(Fault(f"line {reader.line_num}", "doubled_entry", f"{entry.id} came before"))
        except csv.Error as wrong:
            faults.append(Fault(f"line {reader.line_num}", "no_table", f"this is no CSV: {wrong}"))
        if faults:
            raise InputRefused(faults)
        return list(entries.values())


def _text(content: bytes) -> str:
    if len(content) > ANSWER_BYTES_MAX:
        raise InputRefused([Fault("file", "too_large", f"an answer has at most {ANSWER_BYTES_MAX} bytes")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InputRefused([Fault(f"byte {wrong.start}", "no_utf8", "the table has to be UTF-8")]) from None


def _entry(where: str, row: dict[str, str | None], faults: list[Fault]) -> Entry | None:
    told = {name: (row.get(name) or "").strip() for name in ANSWER}
    before = len(faults)
    if None in row or any(row.get(name) is None for name in ANSWER):
        faults.append(Fault(where, "wrong_count", f"a line has {len(ANSWER)} fields"))
    if not ENTRY.fullmatch(told["entry"]):
        faults.append(Fault(where, "wrong_entry", f"{told['entry'][:35]!r} is no entry's name"))
    if not WHOLE.fullmatch(told["amount_jpy"]) or not int(told["amount_jpy"]):
        faults.append(Fault(where, "wrong_amount", f"expected whole yen but zero, not {told['amount_jpy'][:20]!r}"))
    try:
        day = date.fromisoformat(told["booked_on"])
    except ValueError:
        faults.append(Fault(where, "wrong_day", f"expected a day such as 2026-11-30, not {told['booked_on'][:20]!r}"))
    if len(faults) > before:
        return None
    reference = told["reference"] if REFERENCE.fullmatch(told["reference"]) else ""
    return Entry(told["entry"], -int(told["amount_jpy"]), reference, day, told["says"][:140])
