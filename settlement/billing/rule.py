"""What a line of a bill rests on: one dated value of the rule pack, or the market's own record."""

from datetime import date
from typing import NamedTuple


class Rule(NamedTuple):
    """A value as the pack says it. key: its id in the pack. version: of the pack. source: ids in the source register.
    value: whole, in the pack's unit as the program counts it; None for a rule without a number. first, last: when it
    holds, None while no end is known. assumed: a demonstration's assumption, good for no bill in earnest."""

    key: str
    version: str
    source: str
    value: int | None = None
    first: date | None = None
    last: date | None = None
    assumed: bool = False
