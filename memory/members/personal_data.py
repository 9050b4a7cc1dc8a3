"""Every row about somebody, whatever table it stands in: found by columns that name a party, site, account or device.

A table that is made tomorrow with such a column is searched tomorrow. What only proves who signs in is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from memory import tables
from memory.devices.columns import METADATA

SITE_COLUMNS = ("site_id", "seller_site", "buyer_site", "partner_site")
COLUMNS: Mapping[str, str] = {
    "party_id": "parties",
    "holder_id": "parties",
    "seller_party": "parties",
    "buyer_party": "parties",
    "account_id": "accounts",
    "device_id": "devices",
    "person": "names",
    "subject": "names",
    "debit": "books",
    "credit": "books",
    **dict.fromkeys(SITE_COLUMNS, "sites"),
}
BY_ID: Mapping[str, str] = {"party": "parties", "user_account": "accounts", "account": "books", "balance": "books"}
NEVER = frozenset({"password", "one_time_secret", "recovery_code", "challenge", "vault_secret"})
WITHHELD = frozenset({"token_hash", "password_hash", "stop_word_hash"})


@dataclass(frozen=True, slots=True)
class Owned:
    """The names under which somebody stands in tables. books: its accounts in the ledger."""

    parties: frozenset[str]
    sites: frozenset[str]
    accounts: frozenset[str]
    devices: frozenset[str]
    books: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return self.parties | self.sites | self.accounts | self.devices


def rows_about(tx: Connection, owned: Owned) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table about somebody, by table; of tables without one nothing."""
    found = {name: _rows(tx, table, owned) for name, table in sorted(METADATA.tables.items()) if name not in NEVER}
    return {name: rows for name, rows in found.items() if rows}


def _rows(tx: Connection, table: Table, owned: Owned) -> list[dict[str, Any]]:
    named = {column: COLUMNS[column] for column in table.c.keys() if column in COLUMNS}  # noqa: SIM118
    if table.name in BY_ID:
        named["id"] = BY_ID[table.name]
    if not named:
        return []
    conditions = [table.c[column].in_(sorted(getattr(owned, kind))) for column, kind in named.items()]
    wanted = select(table).where(or_(*conditions)).order_by(*table.primary_key.columns)
    return [{name: row[name] for name in row if name not in WITHHELD} for row in tx.execute(wanted).mappings()]


def owned_by(tx: Connection, party_id: str, book_of: Mapping[str, str]) -> Owned:
    """The names of a party. book_of: the ledger's account of each site."""
    party, site = frozenset({party_id}), tables.site.c
    sites = frozenset(tx.execute(select(site.id).where(site.party_id == party_id)).scalars())
    account = tables.user_account.c
    accounts = frozenset(tx.execute(select(account.id).where(account.party_id == party_id)).scalars())
    device = tables.device.c
    devices = frozenset(tx.execute(select(device.id).where(device.site_id.in_(sorted(sites)))).scalars())
    return Owned(party, sites, accounts, devices, frozenset(book_of[each] for each in sites if each in book_of))
