"""Published prices become the market's: written once, under the label of the file they came from.

A price that is known and the same stays as it is. A price that is known and another is a fault: what was settled on
is never changed under the settlement's feet.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from memory.trading import prices
from services.devices.metered_file import ACTOR, IMPORTED
from services.steps import Steps


class PublishedPrice(NamedTuple):
    """One price, mJPY/kWh. where: what a person opens to look at it."""

    slot: int
    area: str
    mjpy_per_kwh: int
    where: str


class PriceFile(NamedTuple):
    """A file's prices. kind: wholesale or imbalance. id: its content's digest."""

    kind: str
    id: str
    prices: Sequence[PublishedPrice]


def take_prices(tx: Connection, steps: Steps, file: PriceFile) -> dict[str, int]:
    """Write a file's prices inside the caller's transaction; how many it has, and how many are new.

    Raises InputRefused naming every price that differs from a known one.
    """
    new, faults = [], []
    known = _known(tx, file)
    for price in file.prices:
        before = known[price.area].get(price.slot)
        if before is None:
            new.append((price.slot, price.area, price.mjpy_per_kwh))
        elif before != price.mjpy_per_kwh:
            message = f"{price.mjpy_per_kwh} mJPY/kWh, but {before} is on record for this slot and stays"
            faults.append(Fault(price.where, "other_price", message))
    if faults:
        raise InputRefused(faults)
    if new:
        prices.put_many(tx, file.kind, new, f"file {file.id[:16]}")
        steps.note(tx, ACTOR, IMPORTED, file.id, {"source": file.kind, "values": len(file.prices), "prices": len(new)})
    return {"values": len(file.prices), "prices": len(new)}


def _known(tx: Connection, file: PriceFile) -> dict[str, dict[int, int]]:
    slots = [price.slot for price in file.prices] or [0]
    areas = {price.area for price in file.prices}
    return {area: prices.between(tx, min(slots), max(slots), file.kind, area) for area in areas}
