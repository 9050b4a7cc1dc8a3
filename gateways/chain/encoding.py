"""Blocks, receipts and logs as Ethereum's JSON-RPC writes them (execution-apis): quantities and data in hex."""

from typing import Any

from eth.abc import BlockAPI, LogAPI
from eth_utils.address import to_checksum_address
from web3.types import Nonce
from web3.utils.address import get_create_address

from gateways.chain.evm import Included

Json = dict[str, Any]


def quantity(value: int) -> str:
    """A number, e.g. ``0x1f``."""
    return hex(value)


def data(value: bytes) -> str:
    """Bytes, e.g. ``0x001f``."""
    return "0x" + value.hex()


def block_json(block: BlockAPI) -> Json:
    """A block with the hashes of its transactions."""
    header = block.header
    return {
        "number": quantity(header.block_number),
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "timestamp": quantity(header.timestamp),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "baseFeePerGas": quantity(header.base_fee_per_gas or 0),
        "miner": to_checksum_address(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "nonce": data(header.nonce),
        "difficulty": quantity(header.difficulty),
        "sha3Uncles": data(header.uncles_hash),
        "uncles": [],
        "transactions": [data(transaction.hash) for transaction in block.transactions],
    }


def receipt_json(included: Included) -> Json:
    """The receipt of a transaction that is alone in its block."""
    block, transaction, receipt = included
    sender = to_checksum_address(transaction.sender)
    return {
        **_place(included),
        "from": sender,
        "to": to_checksum_address(transaction.to) if transaction.to else None,
        "contractAddress": None if transaction.to else get_create_address(sender, Nonce(transaction.nonce)),
        "status": quantity(int.from_bytes(receipt.state_root, "big")),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": quantity(_price(included)),
        "logs": logs_json(included),
        "logsBloom": data(receipt.bloom.to_bytes(256, "big")),
        "type": quantity(getattr(transaction, "type_id", 0) or 0),
        "blockNumber": quantity(block.number),
    }


def logs_json(included: Included) -> list[Json]:
    """A transaction's logs in order."""
    return [_log_json(included, log, position) for position, log in enumerate(included.receipt.logs)]


def _log_json(included: Included, log: LogAPI, position: int) -> Json:
    return {
        **_place(included),
        "address": to_checksum_address(log.address),
        "topics": [data(topic.to_bytes(32, "big")) for topic in log.topics],
        "data": data(log.data),
        "logIndex": quantity(position),
        "removed": False,
    }


def _place(included: Included) -> Json:
    return {
        "transactionHash": data(included.transaction.hash),
        "transactionIndex": "0x0",
        "blockHash": data(included.block.hash),
        "blockNumber": quantity(included.block.number),
    }


def _price(included: Included) -> int:
    """What a unit of gas cost: the base fee and the tip, never above what was offered. Wei."""
    transaction, base_fee = included.transaction, included.block.header.base_fee_per_gas or 0
    return min(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas + base_fee)
