"""Which supply point belongs to which site: the columns ``supply_point`` and ``feed_in_point`` of a ``sites.csv``.

A file with ``site_id`` and these two columns alone will do.
"""

from pathlib import Path

from domain.errors import InputRefused
from domain.supply_point import SupplyPoint
from gateways.csv_folder import SITE_COLUMNS, SITE_OPTIONAL
from gateways.csv_points import points_of
from gateways.csv_table import Row, read_table

REQUIRED = "site_id"


def read_points(path: Path) -> dict[str, SupplyPoint]:
    """Supply points by number. Raises InputRefused with every fault: wrong numbers, and one number at two sites."""
    others = [name for name in (*SITE_COLUMNS, *SITE_OPTIONAL) if name != REQUIRED]
    rows, faults = read_table(path, (REQUIRED,), others)
    points: dict[str, SupplyPoint] = {}
    for row in rows:
        _add(points, row)
    faults += [fault for row in rows for fault in row.faults]
    if faults:
        raise InputRefused(faults)
    return points


def _add(points: dict[str, SupplyPoint], row: Row) -> None:
    site_id = row.name(REQUIRED)
    for number, register in points_of(row).items():
        known = points.setdefault(number, SupplyPoint(site_id, register))
        if known != (site_id, register):
            row.refuse(REQUIRED, "double_supply_point", f"{number} already stands for {known.site_id}")
