"""A query names each thing once: of two values one reader would take the first and another the last."""

from collections import Counter

from fastapi import Request

from domain.errors import Fault, InputRefused

MANY = frozenset({"targets"})
"""What may stand there several times: OpenADR's list of names."""


async def named_once(request: Request) -> None:
    """A dependency. Raises InputRefused with every parameter that stands there twice."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [Fault(name, "repeated", "say it once") for name, times in given.items() if times > 1 and name not in MANY]
    if faults:
        raise InputRefused(faults)
