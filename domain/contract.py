"""A contract's life, as one table. Whoever wants to know what may happen next reads it here and nowhere else."""

from enum import StrEnum

from domain.errors import TransitionRefused


class ContractState(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    RECORDED = "recorded"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class ContractEvent(StrEnum):
    """What happens to a contract."""

    PASS = "pass"  # every trigger says automatic
    ESCALATE = "escalate"  # a trigger asks for people
    BLOCK = "block"  # a trigger forbids, and no one person can lift it
    APPROVE = "approve"  # the experts the rules ask for approved
    REJECT = "reject"  # an expert rejected
    EXPIRE = "expire"  # the deadline passed: never an approval
    AMEND = "amend"  # both parties agreed on other terms, which are a contract of their own
    RECORD = "record"  # the chain holds it
    SETTLE = "settle"  # metered energy is posted
    CANCEL = "cancel"  # trading was stopped before its gate closed
    WITHDRAW = "withdraw"  # a party withdrew while it could still cool off


_STATE, _EVENT = ContractState, ContractEvent

TRANSITIONS: dict[tuple[ContractState, ContractEvent], ContractState] = {
    (_STATE.DRAFTED, _EVENT.PASS): _STATE.APPROVED,
    (_STATE.DRAFTED, _EVENT.ESCALATE): _STATE.ESCALATED,
    (_STATE.DRAFTED, _EVENT.BLOCK): _STATE.BLOCKED,
    (_STATE.ESCALATED, _EVENT.APPROVE): _STATE.APPROVED,
    (_STATE.ESCALATED, _EVENT.REJECT): _STATE.REJECTED,
    (_STATE.ESCALATED, _EVENT.EXPIRE): _STATE.REJECTED,
    (_STATE.ESCALATED, _EVENT.AMEND): _STATE.REJECTED,
    (_STATE.APPROVED, _EVENT.RECORD): _STATE.RECORDED,
    (_STATE.RECORDED, _EVENT.SETTLE): _STATE.SETTLED,
    (_STATE.DRAFTED, _EVENT.CANCEL): _STATE.CANCELLED,
    (_STATE.ESCALATED, _EVENT.CANCEL): _STATE.CANCELLED,
    (_STATE.APPROVED, _EVENT.CANCEL): _STATE.CANCELLED,
    (_STATE.RECORDED, _EVENT.CANCEL): _STATE.CANCELLED,
    (_STATE.RECORDED, _EVENT.WITHDRAW): _STATE.CANCELLED,
}


def next_state(state: ContractState, event: ContractEvent) -> ContractState:
    """The state after an event. Raises TransitionRefused when the table has no such move."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        allowed = sorted(str(known) for known_state, known in TRANSITIONS if known_state == state)
        raise TransitionRefused(
            f"a contract that is {state} cannot {event}; allowed: {', '.join(allowed) or 'nothing, it has ended'}"
        ) from None
