"""A process that books, made to be killed: it books batch after batch and writes down which ones were answered.

A batch is made from its number alone: reservations, ends of the batch before, a chain that falls, and part of the batch
before once more. Whoever starts it again begins at the batch after the last one written down, which may have been
committed without an answer: then it is booked twice and must count once.
"""

from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from domain.errors import OutsideFailed
from memory.books import ledger
from memory.database import Database
from settlement.ledger import Transfer, TransferState, Unit, post, void

Chain = list[Transfer]
MEMBERS, RESERVATIONS, REPEATED = 40, 40, 10


def batch(number: int) -> list[Chain]:
    """The chains of a batch."""
    before = [_reservation(number - 1, place) for place in range(RESERVATIONS)] if number else []
    first, second = (Transfer(f"{number}:{name}", "bank", "member:0", 1, "k", number) for name in ("good", "same"))
    return [
        [_reservation(number, place) for place in range(RESERVATIONS)],
        *([_end(each)] for each in before),
        *([each] for each in before[:REPEATED]),
        [_energy(number, "sold", "roof", "pool:Wh"), _energy(number, "bought", "pool:Wh", "cellar")],
        [first, second, Transfer(second.id, "bank", "member:0", 2, "k", number)],
    ]


def answered(file: Path) -> int:
    """How many batches were answered."""
    return len(file.read_bytes().splitlines()) if file.exists() else 0


def run(url: str, file: Path, tell: Connection) -> None:
    """Book until killed, or until the database goes. tell: hears once that the first batch was answered."""
    database, number, first = Database(url), answered(file), True
    with file.open("ab", buffering=0) as told, suppress(OutsideFailed):
        while True:
            with database.begin("batch") as tx:
                ledger.submit(tx, batch(number))
            told.write(b"%d\n" % number)
            if first:
                tell.send(number)
            number, first = number + 1, False


def _reservation(number: int, place: int) -> Transfer:
    payer, payee = f"member:{place % MEMBERS}", f"member:{(place + number % 7 + 1) % MEMBERS}"
    return Transfer(f"{number}:{place}", payer, payee, 100 + place, "k", number, TransferState.PENDING)


def _end(held: Transfer) -> Transfer:
    return post(held, held.amount - 50, f"{held.id}:end") if held.amount % 3 else void(held, f"{held.id}:end")


def _energy(number: int, name: str, debit: str, credit: str) -> Transfer:
    return Transfer(f"{number}:{name}", debit, credit, 900 + number, "energy", number, unit=Unit.WH)
