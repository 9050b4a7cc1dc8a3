"""One word for all trades of a world, one for its ledger, one for its roots, one for its journal.

Two runs of one plan have the same words, however often either was killed on the way.
"""

from dataclasses import asdict

from sqlalchemy import Connection

from domain.canonical import digest
from memory.books import chain_records, journal, ledger
from memory.trading import trades


def fingerprint(tx: Connection, first_slot: int, last_slot: int) -> dict[str, str]:
    """SHA-256, in hex, of each of the four."""
    return {
        "trades": digest(
            [asdict(each) | {"market": str(each.market)} for each in trades.between(tx, first_slot, last_slot)]
        ),
        "ledger": ledger.head(tx).hash,
        "roots": digest([[each.key, each.root] for each in chain_records.all(tx)]),
        "journal": journal.head(tx).hash,
    }
