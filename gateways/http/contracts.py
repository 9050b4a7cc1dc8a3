"""Contracts: their terms, their state, and the proof that the chain holds them. A member sees those it is a side of."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from domain.contract import ContractState
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.span import span
from gateways.http.tag import tagged
from memory.trading import contracts
from memory.window import Window
from services.figures.proofs import proof_of

ROUTER = APIRouter(prefix="/contracts", tags=["contracts"])
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the terms as canonical JSON, in hex")]


class ContractItem(Answer):
    """A contract. trade_id or proposal_id: what it came out of. price: at the seller's meter. delivered_wh: its metered
    part, null before settlement. kept_wh: what is left of it where it was cut, else null. terms: what the digest is
    of."""

    digest: str
    slot: int
    trade_id: str | None
    proposal_id: str | None
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int
    standard: bool
    state: ContractState
    delivered_wh: int | None
    kept_wh: int | None
    terms: dict[str, Any]


class RecordItem(Answer):
    """What the chain was told: a word of 32 bytes in hex under a key. receipt: its answer, null until then."""

    key: str
    root: str
    receipt: dict[str, Any] | None


class ProofItem(Answer):
    """What proves a contract. record: the Merkle root of its slot, null while there is none with this contract. leaf,
    siblings: 32 bytes in hex each, as OpenZeppelin's StandardMerkleTree over bytes32 has them. approval: the decision
    on a contract made beside the auction, null for others."""

    digest: str
    leaf: str
    siblings: list[str]
    record: RecordItem | None
    approval: RecordItem | None


@ROUTER.get("", summary="List contracts")
def get_contracts(
    request: Request,
    asker: Asker,
    window: Annotated[Window, Depends(window_by(int, str))],
    slots: Annotated[tuple[int, int], Depends(span)],
) -> Page[ContractItem]:
    """The contracts one may see, by slot, then digest."""
    with look(request, asker) as (tx, sight):
        found = contracts.part(tx, sight.sites, *slots, window)
    return page(window, found, lambda contract: (contract.slot, contract.digest), ContractItem.model_validate)


@ROUTER.get("/{digest}", summary="Read a contract", response_model=ContractItem, responses=of_item())
def get_contract(request: Request, digest: Digest, asker: Asker) -> Response:
    """One contract, when it is among those that one may see."""
    with look(request, asker) as (tx, sight):
        found = contracts.find(tx, sight.sites, digest)
    return tagged(request, ContractItem.model_validate(found or unknown("contract", digest)))


@ROUTER.get("/{digest}/proof", summary="Read a contract's proof", response_model=ProofItem, responses=of_item())
def get_proof(request: Request, digest: Digest, asker: Asker) -> Response:
    """What shows, without trusting us, that the chain holds the contract."""
    with look(request, asker) as (tx, sight):
        proof = proof_of(tx, contracts.find(tx, sight.sites, digest) or unknown("contract", digest))
    item = ProofItem(
        digest=digest,
        leaf=proof.leaf.hex(),
        siblings=[each.hex() for each in proof.siblings],
        record=RecordItem.model_validate(proof.record) if proof.record else None,
        approval=RecordItem.model_validate(proof.approval) if proof.approval else None,
    )
    return tagged(request, item)
