"""What travels through a slot's graph: whole numbers, text and nothing else. Rows live in tables.

Node names and these keys are an interface: an old run must be able to go on under new code.
"""

from typing import TypedDict


class SlotState(TypedDict, total=False):
    """One market and slot. ``stopped_at`` and ``reason`` say at which node a rule was broken, and which: there trading
    of the slot ended early, or its delivery waits."""

    market: str
    slot: int
    stopped_at: str
    reason: str
    known_slot: int
    orders: int
    refused: int
    trades: int
    contracts: int
    escalated: int
    root: str
    settled: int


class SlotInput(TypedDict):
    """What an agent's graph is given."""

    market: str
    slot: int
