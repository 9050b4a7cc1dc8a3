"""The committed compilation of the chain contract."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts.artefact import FOLDER, slot_ledger

CONTRACT_SIZE_BYTES_MAX = 24_576  # EIP-170


def test_the_artefact_was_compiled_from_the_source_beside_it() -> None:
    """Whoever edits the Solidity file compiles it again."""
    source = (FOLDER / "SlotLedger.sol").read_bytes()
    assert slot_ledger().sources_sha256["SlotLedger.sol"] == hashlib.sha256(source).hexdigest()


def test_the_contract_fits_on_any_chain() -> None:
    """Deployed code is within EIP-170's limit, with room."""
    assert len(slot_ledger().deployed_bytecode) // 2 - 1 < CONTRACT_SIZE_BYTES_MAX // 4


@pytest.mark.skipif(
    shutil.which("node") is None or not (Path(FOLDER) / "node_modules" / "solc").exists(),
    reason="the Solidity compiler is not installed: npm ci in contracts/evm",
)
def test_the_compiler_makes_the_same_bytes_again() -> None:
    """The pinned compiler turns the committed source into the committed artefact, byte for byte."""
    check = subprocess.run(["node", FOLDER / "compile.mjs", "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
