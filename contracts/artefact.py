"""The compiled chain contract, as committed: running Gridpact needs no compiler.

CI compiles the source again (``contracts/evm/compile.mjs --check``) and compares byte for byte.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "evm"


@dataclass(frozen=True, slots=True)
class Artefact:
    """What a compiler made of one contract. ``bytecode``: what deploys it. ``sources_sha256``: by source path."""

    name: str
    compiler: str
    abi: list[dict[str, Any]]
    bytecode: str
    deployed_bytecode: str
    sources_sha256: dict[str, str]


def slot_ledger() -> Artefact:
    """The contract that keeps slot roots and approvals."""
    record = json.loads((FOLDER / "SlotLedger.json").read_text(encoding="utf-8"))
    return Artefact(**{field: record[field] for field in Artefact.__slots__})
