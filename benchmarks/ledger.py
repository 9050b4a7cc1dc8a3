"""The ledger: how fast it books, and whether any crash, duplicate, late call or correction makes it lie.

Speed: batches of transfers, each committed to the disk before the next, on an embedded PostgreSQL with its own
settings, through memory.books.ledger.book as every caller uses it: ids looked up, rules asked, balances moved, hashes
chained. Histories: benchmarks.ledger_histories, one a number. Kills: a process that books (benchmarks.ledger_teller) is
killed with signal 9 at random moments, and so is PostgreSQL under it; then every row is compared with what the pure
rules make of the same batches.
"""

import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.clearing import machine
from benchmarks.killing import kill_database, postmaster
from benchmarks.ledger_histories import broken
from benchmarks.ledger_teller import answered, batch, run
from memory.books import ledger
from memory.database import Database
from memory.embedded import start
from settlement.books import Books
from settlement.ledger import Account, Transfer

TRANSFERS, BATCH, ACCOUNTS, PER_SLOT = 200_000, 8_000, 2_000, 4_000
HISTORIES, KILLS, KILLS_A_DATABASE_KILL = 100_000, 200, 4
HISTORIES_AT_ONCE = 500
BEGINS_S_MAX, LIVES_S_MAX = 60.0, 0.15
SEED = 7

TELLERS = multiprocessing.get_context("forkserver")  # a new process each, which has not to import everything again
TELLERS.set_forkserver_preload(["benchmarks.ledger_teller"])


class Survived(NamedTuple):
    """kills_database: of PostgreSQL, beside the others. lost: answered and not on record. doubled: rows or balances
    that count more than was booked."""

    kills: int
    kills_database: int
    lost: int
    doubled: int


def measure(histories: int = HISTORIES, kills: int = KILLS) -> dict[str, Any]:
    """The figures. kills: of the booking process; PostgreSQL is killed once for every four of them."""
    figures = speed() | {"histories": histories, "broken_invariants": _broken(histories)}
    return {"bench": "ledger", "figures": figures | survive(kills)._asdict(), "machine": machine()}


def speed(transfers: int = TRANSFERS) -> dict[str, float]:
    """Durable transfers a second, in the median batch and over all, and seconds of processor, ours and PostgreSQL's,
    for a million of them."""
    made, walls_s = _market(transfers), []
    with _database() as (folder, database):
        with database.begin() as tx:
            ledger.open_accounts(tx, [Account(f"member:{each:04}") for each in range(ACCOUNTS)])
        cpu_s = _cpu_s(folder)
        for first in range(0, transfers, BATCH):
            began = time.perf_counter()
            with database.begin("book") as tx:
                ledger.book(tx, made[first : first + BATCH])
            walls_s.append(time.perf_counter() - began)
        cpu_s = _cpu_s(folder) - cpu_s
        with database.read() as tx:
            assert ledger.verify(tx) == transfers
    return {
        "transfers_per_s": round(BATCH / median(walls_s)),
        "transfers_per_s_mean": round(transfers / sum(walls_s)),
        "cpu_s_per_million": round(cpu_s / transfers * 1_000_000, 1),
    }


def survive(kills: int) -> Survived:
    """Kill the booking process so often, PostgreSQL once for every four, and count what is not as it should be."""
    chance, done = random.Random(SEED), Counter[bool]()
    with _database() as (folder, database):
        told = folder / "answered"
        while done[False] < kills or done[True] < kills // KILLS_A_DATABASE_KILL:
            of_database = done[True] < done[False] // KILLS_A_DATABASE_KILL
            done[of_database] += _killed(chance, folder, (database.url, told), of_database)
        lost, doubled = _compared(database, answered(told))
    return Survived(done[False], done[True], lost, doubled)


def _killed(chance: random.Random, folder: Path, books: tuple[str, Path], of_database: bool) -> bool:
    """Let a process book for a moment, then kill it or the database under it; whether it had begun."""
    begun, tell = TELLERS.Pipe(duplex=False)
    teller = TELLERS.Process(target=run, args=(*books, tell))
    teller.start()
    tell.close()
    began = begun.poll(BEGINS_S_MAX)
    time.sleep(chance.uniform(0, LIVES_S_MAX))
    if of_database:
        kill_database(folder)
    teller.kill()
    teller.join()
    return began


def _compared(database: Database, batches: int) -> tuple[int, int]:
    """Lost and doubled. The batch after the last one answered may be there too, or not."""
    database.close()  # connections of before PostgreSQL died
    expected = Books()
    with database.read() as tx:
        ledger.verify(tx)
        rows, kept = Counter(ledger.in_order(tx)), ledger.balances(tx)
    for number in range(batches + 1):
        if number == batches:
            lost = len(set(expected.new) - rows.keys())
        if number < batches or any(each in rows for each in batch(number)[0]):
            for chain in batch(number):
                expected.add(chain)
    twice = sum(rows.values()) - len({each.id for each in rows})
    return lost, twice + sum(kept.get(name) != balance for name, balance in expected.balances().items())


def _broken(histories: int) -> int:
    """How many laws do not hold, over all histories."""
    firsts = range(0, histories, HISTORIES_AT_ONCE)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(_broken_of, firsts, (min(each + HISTORIES_AT_ONCE, histories) for each in firsts)))


def _broken_of(first: int, behind: int) -> int:
    return sum(len(broken(number)) for number in range(first, behind))


def _market(transfers: int) -> list[Transfer]:
    """Payments between members, slot after slot, ids as settlement gives them."""
    chance = random.Random(SEED)
    names = [f"member:{each:04}" for each in range(ACCOUNTS)]
    made = []
    for number in range(transfers):
        (payer, payee), slot = chance.sample(names, 2), 980_000 + number // PER_SLOT
        made.append(Transfer(f"{slot}:p2p:{number}", payer, payee, chance.randrange(10**9), "p2p_purchase", slot))
    return made


@contextmanager
def _database() -> Iterator[tuple[Path, Database]]:
    """A new embedded PostgreSQL with our tables, and its folder; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="gridpact-ledger-"))
    server = start(folder / "postgres")
    try:
        database = Database(server.url())
        database.migrate()
        yield folder, database
        database.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _cpu_s(folder: Path) -> float:
    """What this process and PostgreSQL's have used so far."""
    import psutil  # type: ignore[import-untyped]

    server = psutil.Process(postmaster(folder))
    used = [each.cpu_times() for each in (psutil.Process(), server, *server.children())]
    return float(sum(each.user + each.system for each in used))
