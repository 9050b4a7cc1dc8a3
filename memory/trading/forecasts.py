"""What was expected of each site in the traded slot, with the seasonal baseline beside it for scoring."""

from collections.abc import Mapping, Sequence

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from domain.order import Column
from memory import tables
from memory.rows import add_rows, read_columns, refuse_differing

FIGURES = tuple(column.name for column in tables.forecast.c if column.name not in {"slot", "site_id"})


def save(tx: Connection, slot: int, site_ids: Sequence[str], columns: Mapping[str, Column]) -> None:
    """Write one slot. columns: each of FIGURES, shape (sites,), int64, Wh. Raises Conflict on other content."""
    figures = [columns[name].tolist() for name in FIGURES]
    rows = zip([slot] * len(site_ids), site_ids, *figures, strict=True)
    refuse_differing(tables.forecast, add_rows(tx, tables.forecast, ["slot", "site_id", *FIGURES], rows))


def of_slots(tx: Connection, first_slot: int, last_slot: int, site_ids: Sequence[str]) -> dict[str, Column]:
    """Each of FIGURES, shape (sites, slots), int64, Wh; -1 where nothing was forecast."""
    names = ["place", "slot", *FIGURES]
    wanted = sql.SQL(
        "SELECT {} FROM forecast JOIN unnest(%s::text[]) WITH ORDINALITY AS asked(site_id, place) USING (site_id) "
        "WHERE slot BETWEEN %s AND %s"
    ).format(sql.SQL(", ").join(sql.Identifier(name) for name in names))
    found = read_columns(tx, wanted, names, [list(site_ids), first_slot, last_slot])
    shape = (len(site_ids), max(last_slot - first_slot + 1, 0))
    grids = {name: np.full(shape, -1, np.int64) for name in FIGURES}
    for name, grid in grids.items():
        grid[found["place"] - 1, found["slot"] - first_slot] = found[name]
    return grids
