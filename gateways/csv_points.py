"""The supply points of a site as its row in ``sites.csv`` says them; every fault is noted at its cell."""

from domain.supply_point import Register, number_fault
from gateways.csv_table import Row

TAKEN, FED_IN = "supply_point", "feed_in_point"
REGISTER_OF = {TAKEN: Register.TAKEN, FED_IN: Register.FED_IN}


def points_of(row: Row) -> dict[str, Register]:
    """The numbers in a row, each with the register that it counts for; empty cells name none."""
    return {number: register for column, register in REGISTER_OF.items() if (number := _number(row, column))}


def _number(row: Row, column: str) -> str:
    written = row.text(column).replace("-", "")
    if written and (fault := number_fault(written)):
        row.refuse(column, "wrong_supply_point", fault)
        return ""
    return written
