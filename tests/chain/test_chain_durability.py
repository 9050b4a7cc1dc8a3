"""kill -9 while the embedded chain is committing, again and again."""

import json
import os
import subprocess
import sys
from pathlib import Path

from chains import CHAIN_ID, OPERATOR_KEY, ROOT, embedded, word

from gateways.chain.ledger import ChainLedger

ROUNDS, SEED = 10, 20260520


def test_no_acknowledged_root_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Ten kills at random moments: every acknowledged root is there, the chain is whole, and it goes on.

    At most one slot a round may be on the chain without having been acknowledged; the next round's idempotent
    commit of the same slot finds it.
    """
    folders = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    command = [sys.executable, str(Path(__file__).parent / "kill_rounds.py"), str(tmp_path), str(ROUNDS), str(SEED)]
    run = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": folders}, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    assert len(counts) == ROUNDS
    assert min(counts) >= 1, "each round commits something before it is killed"
    web3 = embedded(tmp_path)
    ledger = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID)
    ledger.deploy_once()
    acknowledged = sum(counts)
    assert [ledger.root_of(slot) for slot in range(acknowledged)] == [word(str(slot)) for slot in range(acknowledged)]
    assert ledger.head()["block"] in (1 + acknowledged, 2 + acknowledged)
    for number in range(1, web3.eth.block_number + 1):
        assert web3.eth.get_block(number)["parentHash"] == web3.eth.get_block(number - 1)["hash"]
    ledger.commit_root(acknowledged, word(str(acknowledged)))
    ledger.commit_root(acknowledged + 1, word("after"))
