"""What every chain must do for the ledger: one suite, run on the embedded chain and on a real node."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chains import CHAIN_ID, NO_ANVIL, OPERATOR_KEY, STRANGER, STRANGER_KEY, anvil, embedded, find_anvil, word
from web3 import Web3
from web3.exceptions import ContractCustomError

from contracts.artefact import slot_ledger
from contracts.merkle import Tree
from domain.errors import Conflict, PermissionDenied, RuleBroken
from gateways.chain.ledger import ChainLedger
from gateways.chain.rpc import connect

SLOT = 988_123
# Measured with Prague rules and equal on both engines; a change means that the contract or the rules changed.
COMMIT_GAS, APPROVAL_GAS, DEPLOY_GAS_MAX = 50_359, 50_652, 870_000


@pytest.fixture(scope="module")
def anvil_url() -> Iterator[str]:
    if find_anvil() is None:
        pytest.skip(NO_ANVIL)
    with anvil() as url:
        yield url


@pytest.fixture(params=["embedded", "anvil"])
def web3(request: pytest.FixtureRequest, tmp_path: Path) -> Web3:
    """A connection to each kind of chain in turn."""
    return connect(request.getfixturevalue("anvil_url")) if request.param == "anvil" else embedded(tmp_path)


@pytest.fixture
def ledger(web3: Web3) -> ChainLedger:
    """A fresh contract on each kind of chain."""
    ledger = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID)
    ledger.deploy()
    return ledger


def test_a_committed_root_is_read_back_and_its_receipt_says_where(ledger: ChainLedger) -> None:
    """A receipt names transaction, block, gas, contract and chain in whole numbers and text."""
    assert ledger.root_of(SLOT) is None
    receipt = ledger.commit_root(SLOT, word("root"))
    assert ledger.root_of(SLOT) == word("root")
    assert receipt["address"] == ledger.address
    assert receipt["chain_id"] == CHAIN_ID
    assert receipt["block"] == ledger.head()["block"]
    assert {type(value) for value in receipt.values()} == {int, str}


def test_the_same_root_again_answers_the_first_receipt_and_writes_nothing(ledger: ChainLedger) -> None:
    """Whoever died before noting a receipt asks again and gets the one that exists."""
    first = ledger.commit_root(SLOT, word("root"))
    ledger.commit_root(SLOT + 1, word("another"))
    head = ledger.head()
    assert ledger.commit_root(SLOT, word("root")) == first
    assert ledger.head() == head


def test_another_root_for_a_slot_is_a_conflict_and_writes_nothing(ledger: ChainLedger) -> None:
    """A root is never overwritten."""
    ledger.commit_root(SLOT, word("root"))
    head = ledger.head()
    with pytest.raises(Conflict, match=word("root").hex()):
        ledger.commit_root(SLOT, word("another"))
    assert ledger.root_of(SLOT) == word("root")
    assert ledger.head() == head


def test_the_contract_itself_refuses_to_overwrite_whatever_its_client_does(ledger: ChainLedger, web3: Web3) -> None:
    """The rule stands on the chain, not in the client: even the operator's own call reverts."""
    ledger.commit_root(SLOT, word("root"))
    ledger.record_approval(word("contract").hex(), word("decision").hex())
    contract = web3.eth.contract(web3.to_checksum_address(ledger.address or ""), abi=slot_ledger().abi)
    refused = [
        contract.functions.commit(SLOT, word("another")),
        contract.functions.commit(SLOT, word("root")),
        contract.functions.commit(SLOT + 1, bytes(32)),
        contract.functions.recordApproval(word("contract"), word("another")),
        contract.functions.recordApproval(word("contract"), bytes(32)),
    ]
    for call in refused:
        with pytest.raises(ContractCustomError):
            call.call({"from": web3.to_checksum_address(ledger.operator)})


def test_the_chain_finds_every_contract_of_a_slot_under_its_root(ledger: ChainLedger) -> None:
    """A proof made in Python verifies in Solidity; a strange contract, slot or proof does not."""
    digests = [word(f"contract {number}").hex() for number in range(5)]
    tree = Tree.over(digests)
    ledger.commit_root(SLOT, tree.root)
    assert all(ledger.verify(SLOT, digest, tree.proof(digest)) for digest in digests)
    assert not ledger.verify(SLOT, word("stranger").hex(), tree.proof(digests[0]))
    assert not ledger.verify(SLOT + 1, digests[0], tree.proof(digests[0]))
    assert not ledger.verify(SLOT, digests[0], tree.proof(digests[1]))
    assert not ledger.verify(SLOT, tree.nodes[1].hex(), [tree.nodes[2]])


def test_a_slot_with_one_contract_needs_no_sibling(ledger: ChainLedger) -> None:
    """The root of a single contract is its leaf; an empty proof proves nothing about an empty slot."""
    digest = word("the only contract").hex()
    ledger.commit_root(SLOT, Tree.over([digest]).root)
    assert ledger.verify(SLOT, digest, [])
    assert not ledger.verify(SLOT + 1, digest, [])


def test_an_approval_is_recorded_once(ledger: ChainLedger) -> None:
    """The same decision again answers the first receipt, another one is a conflict."""
    digest, decision = word("contract").hex(), word("decision").hex()
    assert ledger.decision_of(digest) is None
    first = ledger.record_approval(digest, decision)
    assert ledger.decision_of(digest) == decision
    assert ledger.record_approval(digest, decision) == first
    with pytest.raises(Conflict):
        ledger.record_approval(digest, word("another").hex())


def test_nobody_but_the_operator_writes(ledger: ChainLedger, web3: Web3) -> None:
    """Another key is refused before anything is sent."""
    stranger = ChainLedger(web3, STRANGER_KEY, CHAIN_ID, ledger.address)
    with pytest.raises(PermissionDenied):
        stranger.commit_root(SLOT, word("root"))
    with pytest.raises(PermissionDenied):
        stranger.record_approval(word("contract").hex(), word("decision").hex())
    with pytest.raises(PermissionDenied):
        stranger.stop()
    assert ledger.root_of(SLOT) is None


def test_a_stopped_ledger_writes_nothing_and_still_answers(ledger: ChainLedger) -> None:
    """The guard stops all writing; reading and repeating what is written goes on; the admin resumes."""
    first = ledger.commit_root(SLOT, word("root"))
    ledger.stop()
    with pytest.raises(RuleBroken, match="stopped"):
        ledger.commit_root(SLOT + 1, word("root"))
    with pytest.raises(RuleBroken, match="stopped"):
        ledger.record_approval(word("contract").hex(), word("decision").hex())
    assert ledger.root_of(SLOT) == word("root")
    assert ledger.commit_root(SLOT, word("root")) == first
    ledger.resume()
    ledger.commit_root(SLOT + 1, word("root"))


def test_stopping_resuming_and_writing_are_three_roles(web3: Web3) -> None:
    """An operator that is neither guard nor admin can write, but not stop and not resume."""
    ledger = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID)
    ledger.deploy(admin=STRANGER, guard=STRANGER)
    with pytest.raises(PermissionDenied):
        ledger.stop()
    with pytest.raises(PermissionDenied):
        ledger.resume()
    ledger.commit_root(SLOT, word("root"))


def test_gas_is_the_same_on_every_engine_and_near_the_floor(ledger: ChainLedger, web3: Web3) -> None:
    """A slot's root costs one new word, one event and two role words, whatever the number of contracts."""
    assert ledger.commit_root(SLOT, word("root"))["gas"] == COMMIT_GAS
    approval = ledger.record_approval(word("contract").hex(), word("decision").hex())
    assert approval["gas"] == APPROVAL_GAS
    deployed = web3.eth.get_block(ledger.first_block)["transactions"][0]
    assert isinstance(deployed, bytes)
    assert web3.eth.get_transaction_receipt(deployed)["gasUsed"] < DEPLOY_GAS_MAX


def test_threads_that_share_a_ledger_never_share_a_nonce(ledger: ChainLedger) -> None:
    """Twelve slots committed from four threads: twelve roots, each under its own."""
    slots = range(SLOT, SLOT + 12)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda slot: ledger.commit_root(slot, word(str(slot))), slots))
    assert [ledger.root_of(slot) for slot in slots] == [word(str(slot)) for slot in slots]


def test_a_node_of_another_chain_is_refused_before_it_is_believed(ledger: ChainLedger, web3: Web3) -> None:
    """Settings and node must agree on the chain; nothing is read, signed or sent otherwise."""
    mistaken = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID + 1, ledger.address)
    with pytest.raises(Conflict, match=str(CHAIN_ID)):
        mistaken.commit_root(SLOT, word("root"))
    with pytest.raises(Conflict):
        mistaken.head()
    with pytest.raises(Conflict):
        mistaken.verify(SLOT, word("contract").hex(), [])


def test_a_chain_with_one_gas_price_for_all_is_served(ledger: ChainLedger, web3: Web3) -> None:
    """The legacy fee profile: no bidding, the node's price."""
    legacy = ChainLedger(web3, OPERATOR_KEY, CHAIN_ID, ledger.address, legacy_fees=True)
    legacy.commit_root(SLOT, word("root"))
    assert ledger.root_of(SLOT) == word("root")


def test_a_key_that_is_no_word_or_a_root_of_zeros_is_a_programming_error(ledger: ChainLedger) -> None:
    """Zero means "nothing written" on the chain, so it is never written."""
    for root in (bytes(32), b"short"):
        with pytest.raises(ValueError, match="32 bytes"):
            ledger.commit_root(SLOT, root)


def test_a_ledger_without_a_contract_says_so(web3: Web3) -> None:
    """No address, no guess."""
    with pytest.raises(RuleBroken, match="not deployed"):
        ChainLedger(web3, OPERATOR_KEY, CHAIN_ID).root_of(SLOT)
