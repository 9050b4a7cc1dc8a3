"""A part of a list, found by the key of the row before it: rows added meanwhile shift nothing and repeat nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, or_, tuple_

Sites = Sequence[str] | None
"""Whose rows are meant: those of these sites, or everybody's for None."""


@dataclass(frozen=True, slots=True)
class Window:
    """after: the list's key of the last row that was seen, empty at the beginning. limit: rows of the part at most."""

    after: tuple[int | str, ...] = ()
    limit: int = 50


def cut(wanted: "Select[Any]", keys: "Sequence[ColumnElement[Any]]", window: Window) -> "Select[Any]":
    """The statement's rows in order of their keys, those of the window and one more when there is one.

    keys: what tells every row apart, most significant first.
    """
    if window.after:
        wanted = wanted.where(tuple_(*keys) > tuple_(*window.after))
    return wanted.order_by(*keys).limit(window.limit + 1)


def at_sites(sites: Sites, *columns: "Column[Any] | ColumnElement[Any]") -> "list[ColumnElement[bool]]":
    """The conditions that one of the columns names one of the sites; none for everybody's rows."""
    return [] if sites is None else [or_(*(column.in_(sites) for column in columns))]
