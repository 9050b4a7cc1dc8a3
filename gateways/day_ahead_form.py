"""Day-ahead orders as members write them: records of JSON or rows of CSV, with every fault of their form.

Times are those of the market's own clock, ``13:00``; ``24:00`` is no slot of the day. In CSV a cell holds several
times or energies with spaces between. Whether the market takes an order is asked later (``services.orders.day_ahead``).
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.errors import Fault, InputRefused
from domain.order import Side
from domain.quantity import PERMILLE
from services.market_time import MarketTime

WH_MAX = 1_000_000_000
LIMIT_MAX = 1_000_000_000
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Time = Annotated[str, Field(pattern=r"^[0-9]{2}:[0-9]{2}$")]
Wh = Annotated[int, Field(ge=0, le=WH_MAX)]
LISTS, WHOLE = {"slots", "energy_wh"}, {"limit_mjpy_per_kwh", "slot_wh_max", "least_permille"}


class DayAheadOrderForm(BaseModel):
    """One order as it is written. slots: the starts of its slots, or of a window's first and last."""

    model_config = ConfigDict(extra="forbid", strict=True)
    key: Name
    site: Name
    kind: Literal["simple", "block", "load", "run"]
    side: Literal["buy", "sell"]
    limit_mjpy_per_kwh: Annotated[int, Field(ge=-LIMIT_MAX, le=LIMIT_MAX)]
    slots: Annotated[list[Time], Field(min_length=1, max_length=50)]
    energy_wh: Annotated[list[Wh], Field(min_length=1, max_length=50)]
    slot_wh_max: Wh = 0
    least_permille: int = PERMILLE
    parent: Name | None = None
    group: Name | None = None


def read_orders(records: Any, day: date, time: MarketTime) -> list[DayAheadOrder]:
    """Orders out of a JSON list. Raises InputRefused with every fault of their form, by number and field."""
    if not isinstance(records, list):
        raise InputRefused([Fault("orders", "not_a_list", "send a list of orders")])
    starts = {f"{time.slot(slot).local_start(time.zone):%H:%M}": slot for slot in time.slots_of(day)}
    found, faults = [], list[Fault]()
    for place, record in enumerate(records):
        read = _order(record, f"orders[{place}]", starts)
        if isinstance(read, DayAheadOrder):
            found.append(read)
        else:
            faults += read
    if faults:
        raise InputRefused(faults)
    return found


def read_file(text: str, name: str) -> Any:
    """The records of a file's text: JSON, or CSV when its name ends so. Raises InputRefused saying where it is not."""
    if not name.lower().endswith(".csv"):
        try:
            return json.loads(text)
        except ValueError as broken:
            raise InputRefused([Fault(name, "not_json", f"this is not JSON: {broken}; or name a .csv file")]) from None
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return [_record(row) for row in rows]


def _record(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """A CSV row as JSON would have it; what is no number stays text, and is told so later."""
    found: dict[str, Any] = {}
    for name, cell in row.items():
        if name is None:
            found["(a cell without a column)"] = cell
        elif name in LISTS:
            found[name] = [_whole(word) if name == "energy_wh" else word for word in (cell or "").split()]
        elif cell:
            found[name] = _whole(cell) if name in WHOLE else cell.strip()
    return found


def _whole(word: str) -> int | str:
    return int(word) if re.fullmatch(r"-?[0-9]{1,12}", word.strip(), re.ASCII) else word


def _order(record: Any, where: str, starts: Mapping[str, int]) -> DayAheadOrder | list[Fault]:
    try:
        form = DayAheadOrderForm.model_validate(record)
    except ValidationError as wrong:
        return list(_form_faults(wrong.errors(), where))
    unknown = [time for time in form.slots if time not in starts]
    if unknown:
        near = get_close_matches(unknown[0], starts, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        said = f"no slot of the day starts at {', '.join(unknown)}{hint}"
        return [Fault(f"{where}.slots", "unknown_slot", said)]
    return DayAheadOrder(
        key=form.key,
        site_id=form.site,
        kind=Kind(form.kind),
        side=Side[form.side.upper()],
        limit_mjpy_per_kwh=form.limit_mjpy_per_kwh,
        slots=tuple(starts[time] for time in form.slots),
        energy_wh=tuple(form.energy_wh),
        slot_wh_max=form.slot_wh_max,
        least_permille=form.least_permille,
        parent=form.parent,
        group=form.group,
    )


def _form_faults(errors: Sequence[Any], where: str) -> Iterator[Fault]:
    for each in errors:
        field = ".".join([where, *map(str, each["loc"])])
        near = get_close_matches(str(each["loc"][-1]), DayAheadOrderForm.model_fields, 1) if each["loc"] else []
        hint = f"; did you mean {near[0]}?" if near and each["type"] == "extra_forbidden" else ""
        yield Fault(field, each["type"], f"{each['msg']}{hint}")
