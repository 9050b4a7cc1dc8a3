"""Rounds of a chain that is killed: a child commits slot after slot and says so, the parent kills it without warning.

Started by test_chain_durability as a process of its own: ``kill_rounds.py DIRECTORY ROUNDS SEED``. Prints how many
slots each round had acknowledged, as JSON. A slot is acknowledged when its number went down the pipe, after
``commit_root`` returned.
"""

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from chains import CHAIN_ID, OPERATOR_KEY, embedded, word

from gateways.chain.ledger import ChainLedger


def commit_forever(directory: Path, first_slot: int, acknowledged: int) -> None:
    """Commit slots from the first on and write a byte for each."""
    ledger = ChainLedger(embedded(directory), OPERATOR_KEY, CHAIN_ID)
    ledger.deploy_once()
    for slot in range(first_slot, first_slot + 10_000):
        ledger.commit_root(slot, word(str(slot)))
        os.write(acknowledged, b".")


def one_round(directory: Path, first_slot: int, alive_s: float) -> int:
    """Let a child work for a while after its first slot, kill it, and count what it acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        commit_forever(directory, first_slot, writer)
        os._exit(1)
    os.close(writer)
    select.select([reader], [], [], 60)
    time.sleep(alive_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        return len(pipe.read())


def main() -> None:
    directory, rounds, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    counts: list[int] = []
    for _ in range(rounds):
        counts.append(one_round(directory, sum(counts), chance.uniform(0.0, 0.25)))
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
