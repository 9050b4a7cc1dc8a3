"""A day's plans of a balancing group as files in the form of OCCTO's plan messages, and as a table for people.

Two messages a day, XML of the CII standard under ``SBD-MSG/JPMGRP/JPTRM``, values in whole kWh by half hour (JP06219):

    demand      JPM00010 demand in all (JP06376); JPM00022 by member: JPM00023/24 demand (JP06376), JPM00027..30 supply
                (JP06369, by counterparty JP06366), JPM00031..34 sale (JP06319, by counterparty JP06366)
    generation  JPM00014 by generation group: JPM00015 generation (JP06307)

No public validator or sandbox of these messages exists, and only licensed parties may send them: these files are for
a party that has both, to be checked with its own tools before they leave. The envelope that a party's own software
puts around a message (sender, receiver, kind of message) is left to it.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from domain.order import Column
from services.grid.grid_plan import GridPlan

COLUMNS = ("half_hour", "demand_kwh", "generation_kwh", "inside_kwh", "from_grid_kwh", "to_grid_kwh")


class Group(NamedTuple):
    """Codes as the operator assigned them: the demand balancing group, the generation group, the market's account."""

    demand: str
    generation: str
    market: str


class Written(NamedTuple):
    """The files of a revision. is_new: False when the newest in the folder said the same already."""

    revision: int
    paths: list[Path]
    is_new: bool


def write_plans(plan: GridPlan, group: Group, folder: Path) -> Written:
    """Write the day's files as the next revision, unless the newest revision holds the same."""
    contents = {
        f"demand-{group.demand}-{plan.day:%Y%m%d}-r{{}}.xml": demand_message(plan, group),
        f"generation-{group.generation}-{plan.day:%Y%m%d}-r{{}}.xml": generation_message(plan, group),
        f"plan-{group.demand}-{plan.day:%Y%m%d}-r{{}}.csv": table(plan),
    }
    folder.mkdir(parents=True, exist_ok=True)
    newest = _newest(folder, list(contents))
    known = [folder / name.format(newest) for name in contents]
    if newest and [path.read_bytes() for path in known if path.exists()] == list(contents.values()):
        return Written(newest, known, is_new=False)
    paths = [folder / name.format(newest + 1) for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return Written(newest + 1, paths, is_new=True)


def demand_message(plan: GridPlan, group: Group) -> bytes:
    """The demand group's message, UTF-8, the same bytes for the same plan."""
    root, head = _message(plan, group.demand)
    _series(head, "00010", "00011", "JP06376", plan.demand_kwh)
    member = _below(head, "00022")
    SubElement(member, "JP06316").text = group.demand
    _series(member, "00023", "00024", "JP06376", plan.demand_kwh)
    supply = _below(member, "00027")
    _values(supply, "00028", "JP06369", plan.generation_kwh + plan.from_grid_kwh)
    _by_party(
        supply, "00029", "00030", "JP06369", {group.generation: plan.generation_kwh, group.market: plan.from_grid_kwh}
    )
    sale = _below(member, "00031")
    _values(sale, "00032", "JP06319", plan.to_grid_kwh)
    _by_party(sale, "00033", "00034", "JP06319", {group.market: plan.to_grid_kwh})
    return _bytes(root)


def generation_message(plan: GridPlan, group: Group) -> bytes:
    """The generation group's message, UTF-8, the same bytes for the same plan."""
    root, head = _message(plan, group.generation)
    record = _below(head, "00014")
    SubElement(record, "JP06300").text = group.generation
    _values(record, "00015", "JP06307", plan.generation_kwh)
    return _bytes(root)


def table(plan: GridPlan) -> bytes:
    """The same for people: a row a half hour, UTF-8 CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    columns = [getattr(plan, name).tolist() for name in COLUMNS[1:]]
    writer.writerows(zip(range(1, len(columns[0]) + 1), *columns, strict=True))
    return text.getvalue().encode()


def _message(plan: GridPlan, group: str) -> tuple[Element, Element]:
    root = Element("SBD-MSG")
    head = SubElement(SubElement(root, "JPMGRP"), "JPTRM")
    SubElement(head, "JP06171").text = f"{plan.day:%Y%m%d}"
    SubElement(head, "JP06360").text = group
    return root, head


def _below(parent: Element, number: str) -> Element:
    """The one record of a group."""
    return SubElement(SubElement(parent, f"JPM{number}"), f"JPMR{number}")


def _series(parent: Element, outer: str, inner: str, name: str, kwh: Column) -> None:
    _values(_below(parent, outer), inner, name, kwh)


def _by_party(parent: Element, outer: str, inner: str, name: str, kwh: dict[str, Column]) -> None:
    group = SubElement(parent, f"JPM{outer}")
    for code, values in kwh.items():
        record = SubElement(group, f"JPMR{outer}")
        SubElement(record, "JP06366").text = code
        _values(record, inner, name, values)


def _values(parent: Element, number: str, name: str, kwh: Column) -> None:
    group = SubElement(parent, f"JPM{number}")
    for half_hour, value in enumerate(kwh.tolist(), 1):
        record = SubElement(group, f"JPMR{number}")
        SubElement(record, "JP06219").text = f"{half_hour:02}"
        SubElement(record, name).text = str(value)


def _bytes(root: Element) -> bytes:
    indent(root, " ")
    text: str = tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _newest(folder: Path, names: Sequence[str]) -> int:
    """The highest revision that any of the files has, 0 when there is none."""
    found = 0
    for name in names:
        before, after = name.split("{}")
        for path in folder.glob(f"{before}*{after}"):
            number = path.name[len(before) : -len(after)]
            found = max(found, int(number) if number.isascii() and number.isdigit() else 0)
    return found
