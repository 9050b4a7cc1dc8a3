"""From registers to readings: what a slot used is the difference between two marks.

A mark that nobody took (the hub was off, a device was silent) is put on the straight line between its neighbours, or
taken from the meter's own memory; what rests on such a mark is called estimated. The revenue registers are the truth:
where panels and batteries, which count at another moment and in other steps, contradict them, they give way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.reading import Quality
from gateways.hub.counts import Behind, Fixed
from gateways.hub.scale import Scale

SLOT_WH_MAX = 50_000  # 100 kW for half an hour; a low-voltage connection has less than 50 kW


@dataclass(frozen=True, slots=True)
class RegisterMark:
    """All registers at the start of a slot. Counts of the meter's registers; Wh of the others, as they have counted.

    estimated: part of it was not read at that moment.
    """

    slot: int
    import_count: int
    export_count: int
    generated_wh: int
    charged_wh: int
    discharged_wh: int
    stored_wh: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a slot used, Wh, with its quality."""

    slot: int
    import_wh: int
    export_wh: int
    generation_wh: int
    charge_wh: int
    discharge_wh: int
    stored_wh: int
    quality: Quality


def taken(slot: int, fixed: Fixed, behind: Behind, before: RegisterMark | None, *, late: bool = False) -> RegisterMark:
    """The mark of a slot's start. A device that was silent stands where it stood before: what it counted meanwhile
    falls into the slot in which it speaks again.

    late: the devices behind the meter were asked well after the slot's start, so part of the slot is in their counts.
    """
    said = (behind.generated_wh, behind.charged_wh, behind.discharged_wh, behind.stored_wh)
    known = (before.generated_wh, before.charged_wh, before.discharged_wh, before.stored_wh) if before else (0, 0, 0, 0)
    generated, charged, discharged, stored = (old if new is None else new for new, old in zip(said, known, strict=True))
    return RegisterMark(slot, *fixed, generated, charged, discharged, stored, late or None in said)


def between(earlier: RegisterMark, later: RegisterMark, past: Mapping[int, Fixed], scale: Scale) -> list[RegisterMark]:
    """The marks of every slot start after ``earlier`` up to and with ``later``, in order. past: the meter's memory."""
    found = []
    for slot in range(earlier.slot + 1, later.slot):
        line = _on_the_line(earlier, later, slot, scale)
        counts = past.get(slot)
        found.append(replace(line, import_count=counts[0], export_count=counts[1]) if counts else line)
    return [*found, later]


def amounts(start: RegisterMark, end: RegisterMark, scale: Scale) -> Amounts | None:
    """What the slot between two marks used; None when a register jumped further than a connection carries: the meter
    was changed, and counting begins anew."""
    import_wh = scale.energy_wh(start.import_count, end.import_count)
    export_wh = scale.energy_wh(start.export_count, end.export_count)
    if max(import_wh, export_wh) > SLOT_WH_MAX:
        return None
    steps = (
        end.generated_wh - start.generated_wh,
        end.charged_wh - start.charged_wh,
        end.discharged_wh - start.discharged_wh,
    )
    plausible = all(0 <= step <= SLOT_WH_MAX for step in steps)  # a device that was changed begins at another count
    generation_wh, charge_wh, discharge_wh = steps if plausible else (0, 0, 0)
    missing_wh = max(0, export_wh + charge_wh - import_wh - generation_wh - discharge_wh)
    # Two registers at two ends, each up to one count late.
    explained = plausible and missing_wh <= max(2, 2 * scale.count_tenths_wh // 10)
    estimated = start.estimated or end.estimated or not explained
    return Amounts(
        start.slot,
        import_wh,
        export_wh,
        generation_wh + missing_wh,
        charge_wh,
        discharge_wh,
        end.stored_wh,
        Quality.ESTIMATED if estimated else Quality.MEASURED,
    )


def _behind(mark: RegisterMark) -> tuple[int, int, int, int]:
    return mark.generated_wh, mark.charged_wh, mark.discharged_wh, mark.stored_wh


def _on_the_line(earlier: RegisterMark, later: RegisterMark, slot: int, scale: Scale) -> RegisterMark:
    """Between two marks, each register in proportion to time, rounded down; the meter's modulo its digits."""
    part, whole, turn = slot - earlier.slot, later.slot - earlier.slot, scale.turn

    def count(start: int, end: int) -> int:
        return (start + (end - start) % turn * part // whole) % turn

    def line(start: int, end: int) -> int:
        return start + (end - start) * part // whole

    return RegisterMark(
        slot,
        count(earlier.import_count, later.import_count),
        count(earlier.export_count, later.export_count),
        line(earlier.generated_wh, later.generated_wh),
        line(earlier.charged_wh, later.charged_wh),
        line(earlier.discharged_wh, later.discharged_wh),
        line(earlier.stored_wh, later.stored_wh),
        estimated=True,
    )
