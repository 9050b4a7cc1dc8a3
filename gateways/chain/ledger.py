"""The ledger contract on any chain: one root a slot and one word a decision, each written once.

The same class serves the embedded chain and any JSON-RPC. Writing is idempotent: what the contract already holds is
answered with the receipt of the transaction that wrote it, so a caller that died before it noted the receipt simply
asks again. Other content under the same key is a Conflict and is never sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from contracts.artefact import slot_ledger
from domain.errors import ChainDown, Conflict, RuleBroken
from gateways.chain.failures import chain_failures

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress, Hash32
    from web3 import Web3
    from web3.contract import Contract
    from web3.contract.contract import ContractConstructor, ContractFunction
    from web3.types import TxParams, TxReceipt

Receipt = dict[str, int | str]
RECEIPT_WAIT_S = 120.0
_EMPTY = bytes(32)


class ChainLedger:
    """One deployed SlotLedger, written by one operator. Safe to use from several threads.

    Every method raises ChainDown when the chain does not answer or does not include a transaction in time.
    """

    def __init__(
        self,
        web3: Web3,
        operator_key: bytes,
        chain_id: int,
        address: str | None = None,
        *,
        legacy_fees: bool = False,
        first_block: int = 0,
        receipt_wait_s: float = RECEIPT_WAIT_S,
    ) -> None:
        """Use the contract at ``address``; None until ``deploy``.

        operator_key: 32 bytes, secp256k1. legacy_fees: for chains that set one gas price for all, without bidding.
        first_block: where the search for old events begins; public nodes limit how far back one may ask.
        """
        from web3 import Account

        self.chain_id = chain_id
        self.first_block = first_block
        self._web3 = web3
        account = Account.from_key(operator_key)
        self._address = account.address
        self._sign: Callable[[Any], Any] = lambda transaction: account.sign_transaction(transaction)
        self._legacy_fees = legacy_fees
        self._receipt_wait_s = receipt_wait_s
        self._lock = threading.Lock()
        self._artefact = slot_ledger()
        self._chain_known = False
        self._contract: Contract | None = None
        if address is not None:
            self._use(address)

    @property
    def address(self) -> str | None:
        """The contract's address; None before it is deployed."""
        return None if self._contract is None else str(self._contract.address)

    @property
    def operator(self) -> str:
        """The operator's address."""
        return str(self._address)

    def deploy(self, admin: str | None = None, guard: str | None = None) -> str:
        """Deploy a new contract and use it. Returns its address.

        admin: who may grant roles and resume. guard: who may stop. Both are the operator when None.
        """
        contract = self._web3.eth.contract(abi=self._artefact.abi, bytecode=self._artefact.bytecode)
        constructor = contract.constructor(admin or self.operator, self.operator, guard or self.operator)
        receipt = self._send(constructor, "deploy the ledger contract")
        if not receipt["status"] or receipt["contractAddress"] is None:
            raise RuleBroken("the chain refused the ledger contract: does it support Cancun?")
        self.first_block = receipt["blockNumber"]
        return self._use(receipt["contractAddress"])

    def deploy_once(self) -> str:
        """Use the contract that this operator's very first transaction made, or make it so. Returns its address.

        For a chain of our own: whoever dies between deploying and noting the address finds it again.
        """
        with chain_failures("look for the ledger contract"):
            first = self._first_contract()
            if self._code(first).hex() == self._artefact.deployed_bytecode.removeprefix("0x"):
                return self._use(first)
        return self.deploy()

    def commit_root(self, slot: int, root: bytes) -> Receipt:
        """Write the root (32 bytes) of a slot, once. Returns {"tx", "block", "gas", "address", "chain_id"}.

        Raises Conflict when the slot has another root, PermissionDenied when this operator may not write, RuleBroken
        when the ledger is stopped.
        """
        return self._write_once("rootOf", "commit", "RootCommitted", slot, root, f"commit the root of slot {slot}")

    def record_approval(self, digest: str, decision: str) -> Receipt:
        """Write the digest of the experts' decision on a contract, once; both 64 hex digits. Receipt and errors as
        for a root."""
        key, value = bytes.fromhex(digest), bytes.fromhex(decision)
        return self._write_once(
            "decisionOf", "recordApproval", "ApprovalRecorded", key, value, f"record the approval of {digest}"
        )

    def root_of(self, slot: int) -> bytes | None:
        """The root of a slot, 32 bytes; None when none is committed."""
        with chain_failures(f"read the root of slot {slot}"):
            return self._word("rootOf", slot)

    def decision_of(self, digest: str) -> str | None:
        """The digest of the decision on a contract, 64 hex digits; None when none is recorded."""
        with chain_failures(f"read the decision on {digest}"):
            word = self._word("decisionOf", bytes.fromhex(digest))
        return None if word is None else word.hex()

    def verify(self, slot: int, digest: str, proof: list[bytes]) -> bool:
        """Whether the contract on the chain finds the digest under the slot's root."""
        with chain_failures(f"verify a contract of slot {slot}"):
            self._check_chain()
            return bool(self._deployed.functions.verify(slot, bytes.fromhex(digest), proof).call())

    def head(self) -> dict[str, int | str]:
        """The newest block: {"block", "hash", "timestamp", "chain_id"}."""
        with chain_failures("read the newest block"):
            self._check_chain()
            block = self._web3.eth.get_block("latest")
            return {
                "block": block["number"],
                "hash": block["hash"].to_0x_hex(),
                "timestamp": block["timestamp"],
                "chain_id": self.chain_id,
            }

    def stop(self) -> Receipt:
        """Stop all writing, as guard. Reading goes on."""
        return self._act("pause", "stop the ledger")

    def resume(self) -> Receipt:
        """Allow writing again, as admin."""
        return self._act("unpause", "resume the ledger")

    def _act(self, function: str, what: str) -> Receipt:
        receipt = self._send(self._deployed.functions[function](), what)
        if not receipt["status"]:
            raise RuleBroken(f"could not {what}: the contract refused")
        return self._receipt(receipt)

    def _write_once(self, read: str, write: str, event: str, key: int | bytes, value: bytes, what: str) -> Receipt:
        if len(value) != 32 or value == _EMPTY:
            raise ValueError(f"cannot {what}: it takes 32 bytes that are not all zero")
        with chain_failures(what):
            if self._word(read, key) is None:
                receipt = self._attempt(self._deployed.functions[write](key, value), what)
                if receipt is not None:
                    return self._receipt(receipt)
            return self._already(read, event, key, value, what)

    def _attempt(self, call: ContractFunction, what: str) -> TxReceipt | None:
        """Send it; None when somebody else wrote the same key first."""
        try:
            receipt = self._send(call, what)
        except Conflict:
            return None
        return receipt if receipt["status"] else None

    def _already(self, read: str, event: str, key: int | bytes, value: bytes, what: str) -> Receipt:
        """The receipt of who wrote it before us. Raises Conflict when that was something else."""
        known = self._word(read, key)
        if known is None:
            raise RuleBroken(f"could not {what}: the contract refused")
        if known != value:
            raise Conflict(f"could not {what}: the chain holds {known.hex()}, not {value.hex()}")
        return self._receipt(self._web3.eth.wait_for_transaction_receipt(self._event_transaction(event, key, what)))

    def _event_transaction(self, event: str, key: int | bytes, what: str) -> Hash32:
        from eth_typing import Hash32
        from web3.types import FilterParams

        subject = key if isinstance(key, bytes) else key.to_bytes(32, "big")
        topic = self._deployed.events[event]().topic
        wanted: FilterParams = {
            "address": self._deployed.address,
            "topics": [topic, self._web3.to_hex(subject)],
            "fromBlock": self.first_block,
            "toBlock": "latest",
        }
        found = self._web3.eth.get_logs(wanted)
        if not found:
            raise ChainDown(f"could not {what}: the chain holds it but its node does not show the event yet")
        return Hash32(bytes(found[0]["transactionHash"]))

    def _send(self, call: ContractFunction | ContractConstructor, what: str) -> TxReceipt:
        """Sign, send and wait. Raises what the contract would revert with before anything is sent."""
        with self._lock, chain_failures(what):
            self._check_chain()
            transaction = call.build_transaction(self._envelope(call))
            signed = self._sign(transaction)
            sent = self._web3.eth.send_raw_transaction(signed.raw_transaction)
            return self._web3.eth.wait_for_transaction_receipt(sent, timeout=self._receipt_wait_s)

    def _envelope(self, call: ContractFunction | ContractConstructor) -> TxParams:
        """Everything around a call. A quarter more gas than estimated: the state may move before it is included."""
        from web3.types import Nonce, Wei

        gas = call.estimate_gas({"from": self._address})
        envelope: TxParams = {
            "from": self._address,
            "chainId": self.chain_id,
            "nonce": Nonce(self._web3.eth.get_transaction_count(self._address, "pending")),
            "gas": gas + gas // 4,
            "value": Wei(0),
        }
        if self._legacy_fees:
            return {**envelope, "gasPrice": self._web3.eth.gas_price}
        tip = self._web3.eth.max_priority_fee
        base_fee = self._web3.eth.get_block("latest")["baseFeePerGas"]
        return {**envelope, "maxPriorityFeePerGas": tip, "maxFeePerGas": Wei(2 * base_fee + tip)}

    def _check_chain(self) -> None:
        """Refuse a node of another chain, once, before anything is believed or signed."""
        if self._chain_known:
            return
        found = self._web3.eth.chain_id
        if found != self.chain_id:
            raise Conflict(f"the node serves chain {found}, the settings say {self.chain_id}")
        self._chain_known = True

    def _use(self, address: str) -> str:
        self._contract = self._web3.eth.contract(self._web3.to_checksum_address(address), abi=self._artefact.abi)
        return str(self._contract.address)

    @property
    def _deployed(self) -> Contract:
        if self._contract is None:
            raise RuleBroken("the ledger contract is not deployed: deploy it or give its address")
        return self._contract

    def _word(self, function: str, key: int | bytes) -> bytes | None:
        self._check_chain()
        word = bytes(self._deployed.functions[function](key).call())
        return None if word == _EMPTY else word

    def _code(self, address: ChecksumAddress) -> bytes:
        self._check_chain()
        return bytes(self._web3.eth.get_code(address))

    def _first_contract(self) -> ChecksumAddress:
        from web3.types import Nonce
        from web3.utils.address import get_create_address

        return get_create_address(self._address, Nonce(0))

    def _receipt(self, receipt: TxReceipt) -> Receipt:
        return {
            "tx": receipt["transactionHash"].to_0x_hex(),
            "block": receipt["blockNumber"],
            "gas": receipt["gasUsed"],
            "address": self.address or "",
            "chain_id": self.chain_id,
        }
