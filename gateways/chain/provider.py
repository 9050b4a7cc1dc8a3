"""The embedded chain's JSON-RPC methods, for web3 to speak to it as to any node.

Only what a client of contracts asks for. A method that is not here answers "method not found", as a node would.
"""

from collections.abc import Callable
from typing import Any

from eth.exceptions import Revert, VMError
from eth_typing import Address, Hash32
from eth_utils.address import to_canonical_address
from eth_utils.exceptions import ValidationError
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from gateways.chain.encoding import block_json, data, logs_json, quantity, receipt_json
from gateways.chain.evm import GAS_LIMIT, Call, Evm

NO_ONE = Address(bytes(20))
_METHOD_NOT_FOUND, _REFUSED, _REVERTED = -32601, -32000, 3


class EmbeddedProvider(JSONBaseProvider):
    """A web3 provider on an Evm in the same process."""

    def __init__(self, evm: Evm) -> None:
        super().__init__()
        self.evm = evm
        self._methods: dict[str, Callable[..., Any]] = {
            "web3_clientVersion": lambda: "gridpact/embedded",
            "net_version": lambda: str(evm.chain_id),
            "eth_chainId": lambda: quantity(evm.chain_id),
            "eth_accounts": list,
            "eth_blockNumber": lambda: quantity(evm.head().block_number),
            "eth_gasPrice": lambda: quantity(evm.head().base_fee_per_gas or 0),
            "eth_maxPriorityFeePerGas": lambda: "0x0",
            "eth_getBalance": lambda account, _tag="latest": quantity(evm.balance_wei(to_canonical_address(account))),
            "eth_getTransactionCount": lambda account, _tag="latest": quantity(
                evm.nonce(to_canonical_address(account))
            ),
            "eth_getCode": lambda account, _tag="latest": data(evm.code(to_canonical_address(account))),
            "eth_call": lambda call, _tag="latest", *_: data(evm.call(_call(call))),
            "eth_estimateGas": lambda call, _tag="latest": quantity(evm.estimate_gas(_call(call))),
            "eth_sendRawTransaction": lambda raw: data(evm.send(_bytes(raw))),
            "eth_getBlockByNumber": self._block,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
        }

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one request. Rule errors of the chain come back as JSON-RPC errors; the disk's errors are raised."""
        answer = self._methods.get(method)
        if answer is None:
            return _error(_METHOD_NOT_FOUND, f"the method {method} does not exist on the embedded chain")
        try:
            return {"jsonrpc": "2.0", "id": 0, "result": answer(*params)}
        except Revert as reverted:
            return _error(_REVERTED, "execution reverted", data(reverted.args[0] if reverted.args else b""))
        except (ValidationError, VMError) as refused:
            return _error(_REFUSED, str(refused))

    def is_connected(self, show_traceback: bool = False) -> bool:
        return True

    def _block(self, tag: str, _full: bool = False) -> Any:
        block = self.evm.block(self._number(tag))
        return None if block is None else block_json(block)

    def _receipt(self, transaction_hash: str) -> Any:
        included = self.evm.included(Hash32(_bytes(transaction_hash)))
        return None if included is None else receipt_json(included)

    def _logs(self, wanted: dict[str, Any]) -> list[Any]:
        """Logs of one address by its first topic and, if given, its second: what the index answers."""
        address, topics = _single(wanted.get("address")), wanted.get("topics") or []
        if address is None or not 1 <= len(topics) <= 2 or not all(isinstance(topic, str) for topic in topics):
            raise ValidationError("the embedded chain finds logs by one address and one or two topics")
        words = [_bytes(topic) for topic in topics]
        first, last = (self._number(wanted.get(key, tag)) for key, tag in (("fromBlock", "0x0"), ("toBlock", "latest")))
        subject = words[1] if len(words) == 2 else None
        found = self.evm.with_event(to_canonical_address(address), words[0], subject, first, last)
        return [log for included in found for log in logs_json(included) if _matches(log, address, topics)]

    def _number(self, tag: Any) -> int:
        if tag == "earliest":
            return 0
        if tag in ("latest", "pending", "safe", "finalized"):
            return self.evm.head().block_number
        return int(tag, 16)


def _single(address: Any) -> str | None:
    """The one address of a filter, which may come as a list; None when there is not exactly one."""
    addresses = address if isinstance(address, list) else [address]
    return addresses[0] if len(addresses) == 1 and isinstance(addresses[0], str) else None


def _matches(log: dict[str, Any], address: str, topics: list[str]) -> bool:
    same_address = bool(log["address"].lower() == address.lower())
    return same_address and log["topics"][: len(topics)] == [topic.lower() for topic in topics]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _call(request: dict[str, Any]) -> Call:
    return Call(
        sender=Address(to_canonical_address(request["from"])) if "from" in request else NO_ONE,
        to=Address(to_canonical_address(request["to"])) if request.get("to") else Address(b""),
        data=_bytes(request.get("data") or request.get("input") or "0x"),
        gas=int(request["gas"], 16) if "gas" in request else GAS_LIMIT,
        value_wei=int(request.get("value", "0x0"), 16),
    )


def _error(code: int, message: str, detail: str | None = None) -> RPCResponse:
    error: Any = {"code": code, "message": message}
    if detail is not None:
        error["data"] = detail
    return {"jsonrpc": "2.0", "id": 0, "error": error}
