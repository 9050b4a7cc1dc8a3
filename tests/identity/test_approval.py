"""What approvers sign: others' tools come to the same bytes, and no other bytes carry the signature."""

from dataclasses import fields, replace
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from identity.approval import FIELDS, NAME, VERSION, Approval, address_of, is_signed_by, sign

SECRET = bytes(range(1, 33))
GIVEN = Approval(
    "local", "C-1", 1, "sato", "house", "legal", "approve", "in_order", "read it all", b"\x07" * 32, 1_790, 2_000
)
TEXT = st.text(max_size=40)
approvals = st.builds(
    Approval,
    market=TEXT,
    case_id=TEXT,
    stage=st.integers(1, 9),
    account=TEXT,
    party=TEXT,
    expertise=TEXT,
    verdict=TEXT,
    reason_code=TEXT,
    reason=TEXT,
    evidence=st.binary(min_size=32, max_size=32),
    at_us=st.integers(0, 2**62),
    expires_us=st.integers(0, 2**62),
)


def typed(said: Approval) -> dict[str, object]:
    """The same decision as a wallet is shown it."""
    names = [each.name for each in fields(Approval)][1:]
    message = {field: getattr(said, name) for (_, field), name in zip(FIELDS, names, strict=True)}
    domain_type = [("name", "string"), ("version", "string"), ("salt", "bytes32")]
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain_type],
            "Decision": [{"name": name, "type": kind} for kind, name in FIELDS],
        },
        "primaryType": "Decision",
        "domain": {"name": NAME, "version": VERSION, "salt": keccak(said.market.encode())},
        "message": message,
    }


@given(approvals)
def test_a_wallet_signs_the_same_bytes(said: Approval) -> None:
    """eth-account encodes the same typed data to the same digest, and its signature is ours, byte for byte."""
    theirs = Account.sign_message(encode_typed_data(full_message=typed(said)), SECRET)
    assert bytes(theirs.message_hash) == said.digest()
    assert bytes(theirs.signature) == sign(SECRET, said.digest())
    assert Account.from_key(SECRET).address.lower() == address_of(SECRET)


@given(approvals)
def test_a_signature_is_good_for_one_digest_and_one_address(said: Approval) -> None:
    """Anything else said, another address or a cut signature fails; nothing raises."""
    signature = sign(SECRET, GIVEN.digest())
    assert is_signed_by(address_of(SECRET), GIVEN.digest(), signature)
    assert (said == GIVEN) == is_signed_by(address_of(SECRET), said.digest(), signature)
    assert not is_signed_by(address_of(bytes(reversed(SECRET))), GIVEN.digest(), signature)
    assert not is_signed_by(address_of(SECRET), GIVEN.digest(), signature[:-1])
    assert not is_signed_by(address_of(SECRET), GIVEN.digest(), b"\xff" * 64 + b"\x1b")


def test_every_field_is_bound() -> None:
    """No field can be changed without changing what was signed."""
    for each in fields(Approval):
        value = getattr(GIVEN, each.name)
        other: Any = (
            value + 1 if isinstance(value, int) else value[:-1] + (b"\x08" if isinstance(value, bytes) else "!")
        )
        assert replace(GIVEN, **{each.name: other}).digest() != GIVEN.digest(), each.name
