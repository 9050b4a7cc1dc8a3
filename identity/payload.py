"""What a meter signed, read as columns: in the plain form, a list of readings, or in the compact one, columns.

Nearly every payload is beyond doubt and is decoded by its type at once. Whatever the typed decoder does not take is
looked at again field by field, so that each fault has its place and its word; that second look decides.
"""

import json
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from domain.errors import Fault
from domain.nesting import nested_too_deep
from domain.order import Column
from domain.reading import REGISTERS, Quality, Reading
from domain.reading_batch import QUALITIES, ReadingBatch
from identity.signatures import UNIT, Envelope

SLOT_MAX = 2**26  # some day of the year 5797
AMOUNT_WH_MAX = 10**9
REGISTER_NAMES = frozenset(REGISTERS)
OTHER_NAMES = frozenset({"unit", "slot", "quality"})
PLACE_OF = {str(quality): place for place, quality in enumerate(QUALITIES)}
MEASURED = PLACE_OF[str(Quality.MEASURED)]

SlotNumber = Annotated[int, msgspec.Meta(ge=0, le=SLOT_MAX)]
AmountWh = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_WH_MAX)]
QualityName = Literal["measured", "estimated", "substituted", "corrected"]
Amounts = list[AmountWh]
Batch = ReadingBatch | list[Fault]


class _Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    unit: Literal["Wh"]
    slot: SlotNumber
    import_wh: AmountWh = 0
    export_wh: AmountWh = 0
    generation_wh: AmountWh = 0
    charge_wh: AmountWh = 0
    discharge_wh: AmountWh = 0
    stored_wh: AmountWh = 0
    vehicle_charge_wh: AmountWh = 0
    vehicle_discharge_wh: AmountWh = 0
    vehicle_stored_wh: AmountWh = 0
    quality: QualityName = "measured"


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    unit: Literal["Wh"]
    slot: Annotated[list[SlotNumber], msgspec.Meta(min_length=1)]
    import_wh: Amounts | None = None
    export_wh: Amounts | None = None
    generation_wh: Amounts | None = None
    charge_wh: Amounts | None = None
    discharge_wh: Amounts | None = None
    stored_wh: Amounts | None = None
    vehicle_charge_wh: Amounts | None = None
    vehicle_discharge_wh: Amounts | None = None
    vehicle_stored_wh: Amounts | None = None
    quality: list[QualityName] | None = None


_RECORDS = msgspec.json.Decoder(Annotated[list[_Record], msgspec.Meta(min_length=1)])
_COLUMNS = msgspec.json.Decoder(_Columns)


def batch_of(envelope: Envelope, where: str = "payload") -> Batch:
    """The readings of the payload as columns, or every fault of its form."""
    try:
        if envelope.payload[:1] == b"{":
            columns = _COLUMNS.decode(envelope.payload)
            given = {name: column for name in REGISTERS if (column := getattr(columns, name)) is not None}
            quality = columns.quality
            if {len(columns.slot)}.issuperset(map(len, [*given.values(), *([] if quality is None else [quality])])):
                return _batch(envelope, columns.slot, given, quality)
        else:
            records = _RECORDS.decode(envelope.payload)
            found = {name: [getattr(each, name) for each in records] for name in REGISTERS}
            return _batch(envelope, [each.slot for each in records], found, [each.quality for each in records])
    except msgspec.MsgspecError:
        pass  # the second look says what is wrong, or that all is well
    return _looked_at_again(envelope, where)


def readings_of(envelope: Envelope, where: str = "payload") -> tuple[list[Reading], list[Fault]]:
    """The readings of the payload, and every fault of its form; no reading is given when there is one fault."""
    batch = batch_of(envelope, where)
    return (batch.readings(), []) if isinstance(batch, ReadingBatch) else ([], batch)


def _batch(
    envelope: Envelope, slot: list[int], amounts: dict[str, list[int]], quality: list[str] | list[QualityName] | None
) -> ReadingBatch:
    columns = {name: _column(column) for name, column in amounts.items() if any(column)}
    qualities = None if not quality or set(quality) == {"measured"} else _column([PLACE_OF[each] for each in quality])
    return ReadingBatch(envelope.device_id, envelope.boot, envelope.counter_first, _column(slot), columns, qualities)


def _looked_at_again(envelope: Envelope, where: str) -> Batch:
    try:
        text = envelope.payload.decode()
        said = None if nested_too_deep(text) else json.loads(text)
    except ValueError:
        return [Fault(where, "wrong_form", "the payload is a JSON list of readings, or an object of columns")]
    records = _rows(said) if isinstance(said, dict) else said
    if not isinstance(records, list) or not records:
        message = "the payload is a JSON list of at least one reading, or an object of columns of one length"
        return [Fault(where, "wrong_form", message)]
    faults = [fault for at, record in enumerate(records) for fault in _record_faults(record, f"{where}[{at}]")]
    if faults:
        return faults
    amounts = {name: [record.get(name, 0) for record in records] for name in REGISTERS}
    quality = [record.get("quality", "measured") for record in records]
    return _batch(envelope, [record["slot"] for record in records], amounts, quality)


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Columns as readings, None when they are none or differ in length."""
    lists = {name: column for name, column in columns.items() if name != "unit"}
    slots = lists.get("slot")
    if not isinstance(slots, list) or any(
        not isinstance(each, list) or len(each) != len(slots) for each in lists.values()
    ):
        return None
    unit = columns.get("unit")
    return [{"unit": unit} | {name: each[at] for name, each in lists.items()} for at in range(len(slots))]


def _record_faults(record: object, where: str) -> list[Fault]:
    if not isinstance(record, dict):
        return [Fault(where, "wrong_form", "a reading is an object")]
    faults = []
    if record.get("unit") != UNIT:
        faults.append(Fault(f"{where}:unit", "wrong_unit", f"the unit is {UNIT}, not {record.get('unit')!r}"))
    slot = record.get("slot")
    if not (type(slot) is int and 0 <= slot <= SLOT_MAX):
        faults.append(Fault(f"{where}:slot", "wrong_type", f"slot is a whole number, not {slot!r}"))
    quality = record.get("quality", "measured")
    if not (isinstance(quality, str) and quality in PLACE_OF):
        faults.append(Fault(f"{where}:quality", "unknown_quality", f"quality is one of {', '.join(sorted(PLACE_OF))}"))
    for name in sorted(record.keys() - REGISTER_NAMES - OTHER_NAMES):
        faults.append(Fault(f"{where}:{name}", "unknown_field", f"a reading has no field {name!r}"))
    return faults + [fault for name in REGISTERS if (fault := _amount_fault(record.get(name, 0), f"{where}:{name}"))]


def _amount_fault(amount: object, where: str) -> Fault | None:
    if type(amount) is not int:
        return Fault(where, "wrong_type", f"an amount is a whole number of {UNIT}, not {amount!r}")
    if amount < 0:
        return Fault(where, "negative", f"an amount is never negative: {amount} {UNIT}")
    if amount > AMOUNT_WH_MAX:
        return Fault(where, "too_large", f"no meter counts {amount} {UNIT} in one slot")
    return None


def _column(values: list[int]) -> Column:
    return np.array(values, np.int64)
