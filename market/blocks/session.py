"""What is cleared together: several slots' books, and the orders that tie slots to each other.

Simple orders have passed admission. Blocks and flexible loads are checked here, every fault at once: an order that the
clearing cannot understand stops it before anything is decided.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from domain.block_order import BlockOrder
from domain.errors import Fault, InputRefused
from domain.flexible_load import FlexibleLoad
from domain.order import Book
from domain.quantity import PERMILLE
from domain.tariff import Corridor

WELFARE_UJPY_MAX = 2**53
"""All energy offered at the cap stays below this, so that the solver's floating point holds every sum exactly."""


class Session(NamedTuple):
    """One clearing of several slots. books: slot to its simple orders. loads: those that may pause."""

    books: Mapping[int, Book]
    blocks: tuple[BlockOrder, ...]
    loads: tuple[FlexibleLoad, ...]
    corridor: Corridor

    def faults(self) -> list[Fault]:
        """Every fault of the blocks and loads, none when it can be cleared."""
        return list(_faults(self))

    def refuse_faults(self) -> None:
        """Raises InputRefused with every fault of the blocks and loads."""
        if found := self.faults():
            raise InputRefused(found)

    def in_order(self) -> "Session":
        """The same with slots in order of time, blocks and loads in order of arrival, then id."""
        return Session(
            dict(sorted(self.books.items())),
            tuple(sorted(self.blocks, key=lambda block: (block.entered, block.id))),
            tuple(sorted(self.loads, key=lambda load: (load.entered, load.id))),
            self.corridor,
        )


def _faults(session: Session) -> Iterator[Fault]:
    count = Counter([*(block.id for block in session.blocks), *(load.id for load in session.loads)])
    yield from (Fault(name, "duplicate", f"{times} orders bear this id") for name, times in count.items() if times > 1)
    for block in session.blocks:
        yield from (Fault(block.id, code, message) for code, message in _block_faults(block, session))
    for load in session.loads:
        yield from (Fault(load.id, code, message) for code, message in _load_faults(load, session))
    yield from _link_faults({block.id: block for block in session.blocks})
    yield from _size_faults(session)


def _block_faults(block: BlockOrder, session: Session) -> Iterator[tuple[str, str]]:
    if not block.slots:
        yield "empty", "a block needs a slot"
    if len(block.slots) != len(block.energy_wh):
        yield "uneven", f"{len(block.slots)} slots but {len(block.energy_wh)} energies"
    if min(block.energy_wh, default=1) <= 0:
        yield "no_energy", f"energy is whole Wh above zero, not {min(block.energy_wh)}"
    if len(set(block.slots)) < len(block.slots):
        yield "repeated_slot", "a slot stands there twice"
    if unknown := sorted(set(block.slots) - session.books.keys()):
        yield "unknown_slot", f"slots {unknown} are not cleared here"
    if not 1 <= block.least_permille <= PERMILLE:
        yield "least_part", f"the least part is 1 to {PERMILLE} permille, not {block.least_permille}"
    yield from _limit_faults(block.limit_mjpy_per_kwh, session.corridor)


def _load_faults(load: FlexibleLoad, session: Session) -> Iterator[tuple[str, str]]:
    if load.energy_wh <= 0 or load.slot_wh_max <= 0:
        yield "no_energy", f"energy {load.energy_wh} Wh and {load.slot_wh_max} Wh a slot are to be above zero"
    if load.first > load.last:
        yield "empty", f"the window ends at {load.last}, before it begins at {load.first}"
    if unknown := sorted(set(load.window) - session.books.keys()):
        yield "unknown_slot", f"slots {unknown} are not cleared here"
    yield from _limit_faults(load.limit_mjpy_per_kwh, session.corridor)


def _limit_faults(limit_mjpy_per_kwh: int, corridor: Corridor) -> Iterator[tuple[str, str]]:
    if not corridor.contains(limit_mjpy_per_kwh):
        yield (
            "outside_corridor",
            f"the limit {limit_mjpy_per_kwh} is not in {corridor.floor} to {corridor.cap} mJPY/kWh",
        )


def _link_faults(blocks: Mapping[str, BlockOrder]) -> Iterator[Fault]:
    """Parents that are not there, links that go in a circle, children that exclude their own ancestor."""
    for block in blocks.values():
        ancestors = _ancestors(block, blocks)
        if block.parent is not None and block.parent not in blocks:
            yield Fault(block.id, "unknown_parent", f"there is no block {block.parent}")
        if block.id in ancestors:
            yield Fault(block.id, "circle", f"its links go in a circle: {' to '.join([block.id, *ancestors])}")
        elif block.group is not None and any(blocks[each].group == block.group for each in ancestors):
            yield Fault(block.id, "excluded", f"it needs a block of its own exclusive group {block.group}")


def _ancestors(block: BlockOrder, blocks: Mapping[str, BlockOrder]) -> list[str]:
    """Known parents, nearest first, until there is none or one comes again."""
    found: list[str] = []
    parent = block.parent
    while parent is not None and parent in blocks and parent not in found:
        found.append(parent)
        parent = blocks[parent].parent
    return found


def _size_faults(session: Session) -> Iterator[Fault]:
    offered_wh = sum(int(book.energy_wh.sum(dtype=object)) for book in session.books.values() if book.energy_wh.size)
    offered_wh += sum(sum(block.energy_wh) for block in session.blocks)
    offered_wh += sum(load.energy_wh for load in session.loads)
    if offered_wh * max(abs(session.corridor.cap), abs(session.corridor.floor)) >= WELFARE_UJPY_MAX:
        yield Fault("session", "too_large", f"{offered_wh} Wh at the cap exceed what the solver counts exactly")
