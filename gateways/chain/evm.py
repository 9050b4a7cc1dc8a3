"""A whole Ethereum machine in the process: py-evm with Prague rules on a BlockStore.

One transaction makes one block, and a block is on disk before its transaction's hash is told. What py-evm leaves
open is closed here: a transaction signed for another chain is refused (EIP-155), a block's time is the clock's when
it is made (py-evm would give it the time at which the block before was made), transactions and events are found by
index, and no development key exists.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.chains.base import MiningChain
from eth.constants import BLANK_ROOT_HASH, POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE, ZERO_ADDRESS
from eth.exceptions import HeaderNotFound, TransactionNotFound
from eth.typing import AccountDetails, HeaderParams
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError
from sha3 import keccak_256

from domain.errors import Conflict
from gateways.chain.store import BlockStore, Event

GAS_LIMIT = 30_000_000
OPERATOR_BALANCE_WEI = 10**30
_BLOB_TRANSACTION = 3


class Call(NamedTuple):
    """A question to a contract, or a transaction that is only tried."""

    sender: Address
    to: Address
    data: bytes
    gas: int = GAS_LIMIT
    value_wei: int = 0


class Included(NamedTuple):
    """A transaction and where it is. It is the only one of its block."""

    block: BlockAPI
    transaction: SignedTransactionAPI
    receipt: ReceiptAPI


class Evm:
    """One chain with its own id. Safe to use from several threads."""

    def __init__(self, path: Path, chain_id: int, operator: Address, clock: Callable[[], datetime]) -> None:
        """Open the chain at ``path``, or begin it with all its money in the operator's account.

        Raises Conflict when the file holds a chain with another id or operator, ChainDown, StorageFull.
        """
        self.chain_id = chain_id
        self._clock = clock
        self._lock = threading.RLock()
        self._store = BlockStore(path)
        self._class = _chain_class(chain_id)
        settings = {"chain_id": str(chain_id), "operator": operator.hex()}
        if self._store.setting("chain_id") is None:
            self._begin(operator, settings)
        for key, wanted in settings.items():
            if (found := self._store.setting(key)) != wanted:
                raise Conflict(f"the chain at {path} has {key} {found}, not {wanted}: give it another data directory")
        self._chain = self._class(self._store)

    def head(self) -> BlockHeaderAPI:
        """The newest block's header."""
        with self._lock:
            return self._follow().get_canonical_head()

    def block(self, number: int) -> BlockAPI | None:
        """A block by number; None when there is no such block."""
        with self._lock, suppress(HeaderNotFound):
            return self._follow().get_canonical_block_by_number(BlockNumber(number))
        return None

    def nonce(self, account: Address) -> int:
        """How many transactions the account has sent."""
        with self._lock:
            return self._state().get_nonce(account)

    def balance_wei(self, account: Address) -> int:
        """What the account holds, wei."""
        with self._lock:
            return self._state().get_balance(account)

    def code(self, account: Address) -> bytes:
        """The contract at an address; empty when there is none."""
        with self._lock:
            return self._state().get_code(account)

    def call(self, call: Call) -> bytes:
        """What a contract answers on the newest state. Raises eth's VMError (Revert carries the data)."""
        with self._lock:
            chain = self._follow()
            return chain.get_transaction_result(self._tried(call), chain.get_canonical_head())

    def estimate_gas(self, call: Call) -> int:
        """Enough gas for a transaction, a sixty-fourth too much. Raises eth's VMError."""
        with self._lock:
            return self._follow().estimate_gas(self._tried(call))

    def send(self, raw: bytes) -> Hash32:
        """Make a block of one signed transaction and put it on disk. Returns the transaction's hash.

        Raises eth's ValidationError on a transaction that is not valid now or not for this chain, ChainDown when
        another process made a block in between, StorageFull. After an error nothing has changed.
        """
        with self._lock:
            chain = self._follow()
            transaction = self._decoded(chain, raw)
            try:
                chain.header = self._next_header(chain)
                result, receipts, _ = chain.mine_all(
                    [transaction], mix_hash=keccak_256(chain.header.parent_hash).digest(), blob_gas_used=0
                )
                self._store.commit(_events(result.imported_block.number, receipts))
            except BaseException:
                self._store.rollback()
                self._chain = self._class(self._store)
                raise
            return transaction.hash

    def included(self, transaction_hash: Hash32) -> Included | None:
        """Where a transaction is; None when it is on no block."""
        with self._lock:
            chain = self._follow()
            try:
                number, _ = chain.get_canonical_transaction_index(transaction_hash)
            except TransactionNotFound:
                return None
            return self._only_one(number)

    def with_event(self, address: bytes, topic: bytes, subject: bytes | None, first: int, last: int) -> list[Included]:
        """Transactions, oldest first, of blocks first..last that logged such an event. ``subject``: None for any."""
        with self._lock:
            self._follow()
            numbers = self._store.blocks_with(address, topic, subject, first, last)
            return [self._only_one(BlockNumber(number)) for number in numbers]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._store.close()

    def _begin(self, operator: Address, settings: dict[str, str]) -> None:
        header: dict[str, HeaderParams] = {
            "coinbase": ZERO_ADDRESS,
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": b"",
            "gas_limit": GAS_LIMIT,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "receipt_root": BLANK_ROOT_HASH,
            "timestamp": int(self._clock().timestamp()),
            "transaction_root": BLANK_ROOT_HASH,
        }
        account: AccountDetails = {"balance": OPERATOR_BALANCE_WEI, "nonce": 0, "code": b"", "storage": {}}
        self._class.from_genesis(self._store, header, {operator: account})
        self._store.commit(settings=settings)

    def _follow(self) -> MiningChain:
        """The chain as it is on disk now, other processes' blocks included."""
        if self._store.moved():
            self._chain = self._class(self._store)
        return self._chain

    def _state(self) -> StateAPI:
        chain = self._follow()
        return chain.get_vm(chain.get_canonical_head()).state

    def _tried(self, call: Call) -> SignedTransactionAPI:
        unsigned = self._chain.get_vm().create_unsigned_transaction(
            nonce=self._state().get_nonce(call.sender),
            gas_price=0,
            gas=call.gas,
            to=call.to,
            value=call.value_wei,
            data=call.data,
        )
        return cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=call.sender))

    def _decoded(self, chain: MiningChain, raw: bytes) -> SignedTransactionAPI:
        if raw[:1] == bytes([_BLOB_TRANSACTION]):
            raise ValidationError("blob transactions are not for the embedded chain")
        transaction = chain.get_vm().get_transaction_builder().decode(raw)
        if transaction.chain_id != self.chain_id:
            signed_for = "any chain" if transaction.chain_id is None else f"chain {transaction.chain_id}"
            raise ValidationError(f"the transaction is signed for {signed_for}, this is chain {self.chain_id}")
        return transaction

    def _next_header(self, chain: MiningChain) -> BlockHeaderAPI:
        parent = chain.get_canonical_head()
        seconds = max(int(self._clock().timestamp()), parent.timestamp + 1)
        return chain.create_header_from_parent(parent, timestamp=seconds)

    def _only_one(self, number: BlockNumber) -> Included:
        block = self._chain.get_canonical_block_by_number(number)
        (receipt,) = block.get_receipts(self._chain.chaindb)
        return Included(block, block.transactions[0], receipt)


def _chain_class(chain_id: int) -> type[MiningChain]:
    class EmbeddedChain(MiningChain):
        vm_configuration = ((BlockNumber(0), PragueVM),)
        gas_estimator = staticmethod(_one_run)

        def create_header_from_parent(self, parent_header: BlockHeaderAPI, **fields: HeaderParams) -> BlockHeaderAPI:
            fields["gas_limit"] = parent_header.gas_limit
            return super().create_header_from_parent(parent_header, **fields)

    EmbeddedChain.chain_id = chain_id
    return EmbeddedChain


def _one_run(state: StateAPI, transaction: SignedTransactionAPI) -> int:
    """The gas of one run with all the gas there is, refunds not taken off, and a sixty-fourth more, because a call
    inside a call is given no more than 63/64 of what is left (EIP-150). py-evm's own estimate takes thirteen runs."""
    computation = state.apply_transaction(transaction)
    computation.raise_if_error()
    used = transaction.gas - computation.get_gas_remaining() + computation.data_floor_gas
    return used + used // 63 + 1


def _events(number: int, receipts: Sequence[ReceiptAPI]) -> list[Event]:
    return [
        Event(log.address, _word(log.topics, 0), _word(log.topics, 1), number)
        for receipt in receipts
        for log in receipt.logs
    ]


def _word(topics: Sequence[int], position: int) -> bytes:
    return topics[position].to_bytes(32, "big") if position < len(topics) else b""
