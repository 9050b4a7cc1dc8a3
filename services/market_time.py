"""When what must be done, for a delivery slot that starts at T.

The book closes at T-120 min, contracts are done by T-75, the plan is closed at T-60; a slot's readings are in an hour
after it ended. Source: the plan deadlines of the Japanese wide-area operator, one hour before each slot.
"""

from datetime import timedelta

BOOK_CLOSES = timedelta(minutes=120)
CONTRACTS_DONE = timedelta(minutes=75)
GATE_CLOSES = timedelta(minutes=60)
METERED_AFTER = timedelta(minutes=60)
SLOTS_UNKNOWN = 7
"""The book of slot t closes 4 slots before it starts; with an hour for readings, slot t-7 is the last one known."""
