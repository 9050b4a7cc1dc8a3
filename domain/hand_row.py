"""One line of a day that people ran by hand: what they read at a meter in a slot, and what that site sold then."""

from typing import NamedTuple


class HandRow(NamedTuple):
    """line: where it stands in its file. slot: by index. import_wh, export_wh: read by hand, Wh, None where nobody did.
    buyer: who bought from the site, empty when it sold nothing on this line; sold_wh: what, positive then;
    price_mjpy_per_kwh: at the seller's meter."""

    line: int
    slot: int
    site: str
    import_wh: int | None
    export_wh: int | None
    buyer: str = ""
    sold_wh: int = 0
    price_mjpy_per_kwh: int = 0
