"""Any Ethereum-like chain behind a JSON-RPC address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateways.chain.hashing import choose_hashing

if TYPE_CHECKING:
    from web3 import Web3

TIMEOUT_S = 10.0


def connect(url: str, timeout_s: float = TIMEOUT_S) -> Web3:
    """A web3 connection to ``url``; nothing is asked of it yet. Each request ends within ``timeout_s``.

    Requests are not repeated here: the outbox owns repetition.
    """
    choose_hashing()
    from web3 import HTTPProvider, Web3

    return Web3(HTTPProvider(url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None))
