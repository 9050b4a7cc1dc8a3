"""The chain that comes with Gridpact: a whole EVM in the process, durable in one file, without a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateways.chain.hashing import choose_hashing

if TYPE_CHECKING:
    from web3 import Web3

FILE = "chain.sqlite"


def open_embedded(directory: Path, chain_id: int, operator_key: bytes, clock: Callable[[], datetime]) -> Web3:
    """Open the chain in a directory, or begin it there: a web3 connection to it.

    chain_id: the chain's own number; signatures for another chain are refused. operator_key: 32 bytes; its account
    holds all the chain's money, and no other account exists. clock: the moment, aware, that blocks are stamped with.

    Raises Conflict when the directory holds a chain of another id or operator, ChainDown, StorageFull.
    """
    choose_hashing()
    from eth_utils.address import to_canonical_address
    from web3 import Account, Web3

    from gateways.chain.evm import Evm
    from gateways.chain.provider import EmbeddedProvider

    operator = to_canonical_address(Account.from_key(operator_key).address)
    return Web3(EmbeddedProvider(Evm(directory / FILE, chain_id, operator, clock)))
