"""Who takes part in a neighbourhood, as ``parties.csv`` says: members, the retailer above them, who runs the market.

parties.csv: one row a party.
    party_id, name      its name in sites.csv, and what people call it; required
    role                member (when empty), retailer or platform; one of each of the latter two
    licence_kind, licence_number, registered_name, licence_valid_to
                        the retailer's registration and its last day, e.g. 2030-03-31; required of the retailer
"""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from domain.errors import Fault, InputRefused
from domain.party import Licence, Party, Role
from gateways.csv_table import Row, read_table

PARTIES = "parties.csv"
LICENCE_CELLS = ("licence_kind", "licence_number", "registered_name", "licence_valid_to")
SINGLE = (Role.RETAILER, Role.PLATFORM)
ROLES = {str(role): role for role in (Role.MEMBER, *SINGLE)}


class Parties(NamedTuple):
    """Parties in the order of their rows, and the retailer's licence."""

    parties: Sequence[Party]
    licence: Licence


def read_parties(path: Path, members: Collection[str]) -> Parties:
    """The parties of a folder whose sites belong to ``members``. Raises InputRefused with every fault."""
    rows, faults = read_table(path / PARTIES, ("party_id", "name"), ("role", *LICENCE_CELLS))
    parties = [_party(row) for row in rows]
    _refuse_doubles(rows)
    licences = [_licence(row) for row, party in zip(rows, parties, strict=True) if party.role is Role.RETAILER]
    faults = [*faults, *(fault for row in rows for fault in row.faults)]
    for role in SINGLE:
        count = sum(party.role is role for party in parties)
        if count != 1:
            faults.append(Fault(f"{PARTIES}:1:role", "not_one", f"{count} parties are {role}, one is needed"))
    known = {party.id for party in parties}
    missing = sorted(set(members) - known)
    faults += [Fault(f"{PARTIES}:1:party_id", "no_party", f"{each} has a site, but no row here") for each in missing]
    if faults:
        raise InputRefused(faults)
    return Parties(parties, licences[0])


def _party(row: Row) -> Party:
    written = row.text("role", Role.MEMBER)
    if written not in ROLES:
        row.refuse("role", "unknown_role", f"a role is {', '.join(ROLES)}, not {written[:20]!r}")
    if not row.text("name"):
        row.refuse("name", "no_name", "people want to read a name")
    return Party(row.name("party_id"), row.text("name"), ROLES.get(written, Role.MEMBER))


def _refuse_doubles(rows: Sequence[Row]) -> None:
    lines: dict[str, int] = {}
    for row in rows:
        first = lines.setdefault(row.text("party_id"), row.line)
        if first != row.line:
            row.refuse("party_id", "double_party", f"{row.text('party_id')} already stands in line {first}")


def _licence(row: Row) -> Licence:
    kind, number, name = (row.text(cell) for cell in LICENCE_CELLS[:3])
    for cell, written in zip(LICENCE_CELLS, (kind, number, name), strict=False):
        if not written:
            row.refuse(cell, "no_licence", f"the retailer's {cell} is empty")
    return Licence(row.text("party_id"), kind, number, name, _last_day(row))


def _last_day(row: Row) -> date:
    written = row.text("licence_valid_to")
    try:
        return date.fromisoformat(written)
    except ValueError:
        row.refuse("licence_valid_to", "not_a_day", f"a day is written 2030-03-31, not {written[:20]!r}")
        return date.min
