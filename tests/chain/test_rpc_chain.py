"""A chain behind JSON-RPC that does not answer, answers late, or answers nonsense."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from chains import CHAIN_ID, NO_ANVIL, OPERATOR_KEY, anvil, find_anvil, free_port, rpc, word

from domain.errors import ChainDown
from gateways.chain.ledger import ChainLedger
from gateways.chain.rpc import connect

SLOT = 988_123
NOWHERE = "0x" + "11" * 20


class Nonsense(BaseHTTPRequestHandler):
    """A server that is no chain. ``answer``: status and body, None to stay silent."""

    answer: tuple[int, bytes] | None = None
    silence = threading.Event()

    def do_POST(self) -> None:
        if self.answer is None:
            self.silence.wait(5)
            return
        self.send_response(self.answer[0])
        self.end_headers()
        self.wfile.write(self.answer[1])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def nonsense_url() -> Iterator[str]:
    Nonsense.silence.clear()
    server = HTTPServer(("127.0.0.1", 0), Nonsense)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Nonsense.silence.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (429, b"slow down"),
        (200, b"<html>not a chain</html>"),
        (200, b"\xff\xfe"),
        (200, b"{}"),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"internal"}}'),
        None,
    ],
    ids=["500", "429", "not json", "not text", "not rpc", "rpc error", "silence"],
)
def test_a_node_that_does_not_serve_is_an_outside_failure(nonsense_url: str, answer: tuple[int, bytes] | None) -> None:
    """Whatever a broken node does, the caller gets ChainDown in bounded time and may try again."""
    Nonsense.answer = answer
    ledger = ChainLedger(connect(nonsense_url, timeout_s=0.3), OPERATOR_KEY, CHAIN_ID, NOWHERE)
    with pytest.raises(ChainDown, match=f"slot {SLOT}"):
        ledger.commit_root(SLOT, word("root"))


def test_a_node_that_is_not_there_is_an_outside_failure() -> None:
    """A refused connection is ChainDown for every method."""
    ledger = ChainLedger(connect(f"http://127.0.0.1:{free_port()}"), OPERATOR_KEY, CHAIN_ID, NOWHERE)
    with pytest.raises(ChainDown):
        ledger.root_of(SLOT)
    with pytest.raises(ChainDown):
        ledger.head()
    with pytest.raises(ChainDown):
        ledger.deploy()
    with pytest.raises(ChainDown):
        ledger.verify(SLOT, "ab" * 32, [])


@pytest.mark.skipif(find_anvil() is None, reason=NO_ANVIL)
def test_a_transaction_that_is_included_late_counts_once() -> None:
    """The wait ends with ChainDown, the transaction is included later, the repeated call finds it: one root."""
    with anvil() as url:
        ledger = ChainLedger(connect(url), OPERATOR_KEY, CHAIN_ID, receipt_wait_s=0.3)
        ledger.deploy_once()
        rpc(url, "evm_setAutomine", False)
        with pytest.raises(ChainDown):
            ledger.commit_root(SLOT, word("root"))
        with pytest.raises(ChainDown):
            ledger.commit_root(SLOT, word("root"))
        rpc(url, "anvil_mine", "0x1")
        rpc(url, "evm_setAutomine", True)
        receipt = ledger.commit_root(SLOT, word("root"))
        assert ledger.root_of(SLOT) == word("root")
        assert receipt["block"] == 2


@pytest.mark.skipif(find_anvil() is None, reason=NO_ANVIL)
def test_a_contract_that_is_not_there_is_not_believed() -> None:
    """An address without a contract neither has roots nor takes them."""
    with anvil() as url:
        ledger = ChainLedger(connect(url), OPERATOR_KEY, CHAIN_ID, NOWHERE)
        with pytest.raises(ChainDown):
            ledger.root_of(SLOT)
        with pytest.raises(ChainDown):
            ledger.commit_root(SLOT, word("root"))
