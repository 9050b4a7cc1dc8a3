"""The embedded chain: its own id, its own clock, no keys but the operator's, and nothing lost."""

import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from chains import CHAIN_ID, OPERATOR_KEY, STRANGER_KEY, embedded, word
from web3 import Account, Web3
from web3.exceptions import MethodUnavailable, Web3RPCError
from web3.types import TxParams

from contracts.artefact import slot_ledger
from domain.errors import AuditBroken, ChainDown, Conflict, StorageFull
from gateways.chain.embedded import FILE, open_embedded
from gateways.chain.ledger import ChainLedger
from gateways.chain.provider import EmbeddedProvider

SLOT = 988_123
TESTERS_CHAIN_ID = 131277322940537
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def web3(tmp_path: Path) -> Web3:
    return embedded(tmp_path)


@pytest.fixture
def ledger(web3: Web3) -> ChainLedger:
    ledger = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID)
    ledger.deploy_once()
    return ledger


def provider(web3: Web3) -> EmbeddedProvider:
    return cast(EmbeddedProvider, web3.provider)


def transfer(web3: Web3, **changes: object) -> bytes:
    """A signed payment of the operator to itself, valid but for the changes."""
    operator = Account.from_key(OPERATOR_KEY)
    fields = {"to": operator.address, "value": 1, "gas": 21_000, "gasPrice": 10**10, "chainId": CHAIN_ID}
    fields |= {"nonce": web3.eth.get_transaction_count(operator.address)} | changes
    return bytes(operator.sign_transaction({key: value for key, value in fields.items() if value is not None})[0])


def test_the_chain_has_the_id_it_was_given(web3: Web3) -> None:
    """The id that signatures are bound to is ours and not the constant of a test tool."""
    assert web3.eth.chain_id == CHAIN_ID
    assert int(web3.net.version) == CHAIN_ID
    assert web3.eth.chain_id != TESTERS_CHAIN_ID


@pytest.mark.parametrize("signed_for", [1, CHAIN_ID + 1, TESTERS_CHAIN_ID, None])
def test_a_transaction_signed_for_another_chain_or_for_any_is_refused(web3: Web3, signed_for: int | None) -> None:
    """EIP-155: what was signed for one chain cannot be replayed on ours. py-evm alone would run it."""
    raw = transfer(web3, chainId=signed_for)
    with pytest.raises(Web3RPCError, match=f"this is chain {CHAIN_ID}"):
        web3.eth.send_raw_transaction(raw)
    assert web3.eth.block_number == 0


def test_a_transaction_counts_once(web3: Web3) -> None:
    """The same signed bytes again have a nonce that is used up; a refused transaction leaves no trace."""
    raw = transfer(web3)
    web3.eth.send_raw_transaction(raw)
    for invalid in (raw, transfer(web3, nonce=9), transfer(web3, value=10**40)):
        with pytest.raises(Web3RPCError):
            web3.eth.send_raw_transaction(invalid)
    web3.eth.send_raw_transaction(transfer(web3))
    assert web3.eth.block_number == 2


def test_no_development_key_holds_money(web3: Web3) -> None:
    """Everybody knows the keys 1 to 10 of test chains; here they own nothing, and the node signs for nobody."""
    development = [Account.from_key(number.to_bytes(32, "big")).address for number in range(1, 11)]
    assert [web3.eth.get_balance(address) for address in development] == [0] * 10
    assert list(web3.eth.accounts) == []
    with pytest.raises(MethodUnavailable):
        web3.eth.send_transaction({"to": development[0], "value": web3.to_wei(1, "wei"), "gas": 21_000})


def test_a_block_carries_the_moment_it_was_made(tmp_path: Path) -> None:
    """Half an hour after the last block, a block says now; a clock set back does not turn the chain's time back."""
    moments = iter([NOON, NOON + timedelta(minutes=30), NOON - timedelta(days=1)])
    web3 = open_embedded(tmp_path, CHAIN_ID, OPERATOR_KEY, lambda: next(moments))
    web3.eth.send_raw_transaction(transfer(web3))
    half_past = int((NOON + timedelta(minutes=30)).timestamp())
    assert web3.eth.get_block("latest")["timestamp"] == half_past
    web3.eth.send_raw_transaction(transfer(web3))
    assert web3.eth.get_block("latest")["timestamp"] == half_past + 1


def test_the_same_transactions_at_the_same_moments_make_the_same_chain(tmp_path: Path) -> None:
    """One seed replays the chain to the last hash: no chance enters a block."""
    heads = []
    for run in ("first", "second"):
        web3 = open_embedded(tmp_path / run, CHAIN_ID, OPERATOR_KEY, lambda: NOON)
        ledger = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID)
        ledger.deploy_once()
        ledger.commit_root(SLOT, word("root"))
        heads.append(ledger.head())
    assert heads[0] == heads[1]


def test_a_reopened_chain_is_the_same_and_its_contract_is_found_again(ledger: ChainLedger, tmp_path: Path) -> None:
    """Address, root and receipt survive; deploying once never deploys twice."""
    receipt = ledger.commit_root(SLOT, word("root"))
    head = ledger.head()
    reopened = ChainLedger(embedded(tmp_path), OPERATOR_KEY, CHAIN_ID)
    assert reopened.deploy_once() == ledger.address
    assert reopened.head() == head
    assert reopened.root_of(SLOT) == word("root")
    assert reopened.commit_root(SLOT, word("root")) == receipt


def test_a_chain_is_not_reopened_as_another(ledger: ChainLedger, tmp_path: Path) -> None:
    """Another id or another operator is another chain, and needs another directory."""
    assert ledger.address
    with pytest.raises(Conflict, match="chain_id"):
        open_embedded(tmp_path, CHAIN_ID + 1, OPERATOR_KEY, lambda: NOON)
    with pytest.raises(Conflict, match="operator"):
        open_embedded(tmp_path, CHAIN_ID, STRANGER_KEY, lambda: NOON)


def test_events_are_found_by_their_slot(ledger: ChainLedger, web3: Web3) -> None:
    """web3's own event reader gets exactly the events asked for, from the index."""
    for slot in range(SLOT, SLOT + 5):
        ledger.commit_root(slot, word(str(slot)))
    contract = web3.eth.contract(web3.to_checksum_address(ledger.address or ""), abi=slot_ledger().abi)
    committed = contract.events.RootCommitted
    assert [found["args"]["slot"] for found in committed.get_logs(from_block=0)] == list(range(SLOT, SLOT + 5))
    (one,) = committed.get_logs(from_block=0, argument_filters={"slot": SLOT + 3})
    assert one["args"] == {"slot": SLOT + 3, "root": word(str(SLOT + 3))}
    assert committed.get_logs(from_block=0, argument_filters={"slot": SLOT + 9}) == []


def test_what_the_embedded_chain_does_not_offer_is_said_as_a_node_would(web3: Web3) -> None:
    """Unknown methods, vague searches and unknown things have an answer each, never a stack trace."""
    with pytest.raises(MethodUnavailable):
        web3.eth.get_storage_at(Account.from_key(STRANGER_KEY).address, 0)
    with pytest.raises(Web3RPCError, match="one address"):
        web3.eth.get_logs({"fromBlock": 0})
    assert web3.is_connected()
    operator, somebody = Account.from_key(OPERATOR_KEY).address, Account.from_key(STRANGER_KEY).address
    payment: TxParams = {"from": operator, "to": somebody, "value": web3.to_wei(1, "wei")}
    assert web3.eth.estimate_gas(payment) >= 21_000


def test_a_full_disk_loses_nothing_and_says_what_to_do(ledger: ChainLedger, web3: Web3) -> None:
    """The block that did not fit never was; with room again the same call succeeds."""
    first = ledger.commit_root(SLOT, word("root"))
    database = provider(web3).evm._store._db
    pages = database.execute("pragma page_count").fetchone()[0]
    database.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StorageFull, match="no space left"):
        deque(ledger.commit_root(slot, word(str(slot))) for slot in range(SLOT + 1, SLOT + 20))
    committed = [slot for slot in range(SLOT + 1, SLOT + 20) if ledger.root_of(slot)]
    assert ledger.head()["block"] == first["block"] + len(committed)  # type: ignore[operator]
    assert len(committed) < 19
    database.execute("pragma max_page_count = 1000000")
    ledger.commit_root(SLOT + 19, word("19"))
    assert ledger.root_of(SLOT) == word("root")


def test_two_processes_on_one_chain_never_fork_it(ledger: ChainLedger, tmp_path: Path) -> None:
    """Two open connections write in turns; whoever built on an old head is told to try again, and all roots land."""
    ledgers = [ledger, ChainLedger(embedded(tmp_path), OPERATOR_KEY, CHAIN_ID, ledger.address)]

    def commit(number: int) -> None:
        for _ in range(50):
            try:
                ledgers[number % 2].commit_root(SLOT + number, word(str(number)))
                return
            except ChainDown:
                continue
        raise AssertionError("no turn in 50 attempts")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(commit, range(12)))
    for one in ledgers:
        assert [one.root_of(SLOT + number) for number in range(12)] == [word(str(number)) for number in range(12)]
    assert ledgers[0].head() == ledgers[1].head()
    assert ledgers[0].head()["block"] == 1 + 12


def test_a_block_built_on_an_old_head_is_refused(ledger: ChainLedger, tmp_path: Path, web3: Web3) -> None:
    """Another process's block between ours being built and being written: ours is dropped, theirs stays."""
    store = provider(web3).evm._store
    raw = transfer(web3)
    other = ChainLedger(embedded(tmp_path), OPERATOR_KEY, CHAIN_ID, ledger.address)
    build = store.commit
    built: list[dict[str, int | str]] = []

    def commit_after_the_other(*arguments: object, **named: object) -> None:
        if not built:
            built.append(other.commit_root(SLOT, word("theirs")))
        build(*arguments, **named)  # type: ignore[arg-type]

    store.commit = commit_after_the_other  # type: ignore[method-assign]
    with pytest.raises(ChainDown, match="first"):
        provider(web3).evm.send(raw)
    assert ledger.root_of(SLOT) == word("theirs")
    assert ledger.head() == other.head()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """What is not a database is said to be damaged, with its path."""
    (tmp_path / FILE).write_bytes(b"not a database at all" * 500)
    with pytest.raises(AuditBroken, match=FILE):
        embedded(tmp_path)


def test_a_locked_file_is_an_outside_failure(ledger: ChainLedger, tmp_path: Path, web3: Web3) -> None:
    """A writer that never lets go makes the commit fail in bounded time, and nothing is written."""
    provider(web3).evm._store._db.execute("pragma busy_timeout = 100")
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(ChainDown, match="locked"):
        ledger.commit_root(SLOT, word("root"))
    holder.execute("rollback")
    ledger.commit_root(SLOT, word("root"))
