"""What a chain answers, in the words of our error tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from domain.errors import ChainDown, Conflict, GridpactError, PermissionDenied, RuleBroken

# What the ledger contract reverts with, by the name of its Solidity error.
_REFUSALS: dict[str, tuple[type[RuleBroken], str]] = {
    "RootExists(uint64,bytes32)": (Conflict, "the slot has its root already"),
    "DecisionExists(bytes32,bytes32)": (Conflict, "the contract has its decision already"),
    "EmptyWord()": (RuleBroken, "a zero word cannot be recorded"),
    "EnforcedPause()": (RuleBroken, "the ledger is stopped: its admin resumes it"),
    "ExpectedPause()": (RuleBroken, "the ledger is not stopped"),
    "AccessControlUnauthorizedAccount(address,bytes32)": (PermissionDenied, "this account lacks the role"),
}


@contextmanager
def chain_failures(what: str) -> Iterator[None]:
    """Raise what goes wrong inside as ChainDown (may be tried again) or as the rule that the contract upheld.

    The transport's errors are OSErrors; a node that answers nonsense shows as text or JSON that cannot be read.
    what: what was tried, for the message, e.g. ``commit the root of slot 987654``.
    """
    from web3.exceptions import ContractLogicError, Web3Exception

    try:
        yield
    except GridpactError:
        raise
    except ContractLogicError as refused:
        raise _refusal(what, refused.data) from refused
    except (Web3Exception, OSError, JSONDecodeError, UnicodeDecodeError) as error:
        raise ChainDown(f"could not {what}: {error}") from error


def _refusal(what: str, data: object) -> RuleBroken:
    from sha3 import keccak_256

    word = str(data)[:10].lower()
    for error, (kind, meaning) in _REFUSALS.items():
        if word == "0x" + keccak_256(error.encode()).hexdigest()[:8]:
            return kind(f"could not {what}: {meaning}")
    return RuleBroken(f"could not {what}: the contract refused ({data})")
