"""Where sites stand in the network."""

from typing import NamedTuple

from domain.order import Column


class Places(NamedTuple):
    """What each site hangs on, one row a site in the order of the community. Each shape (sites,), int64, zero or more.

    transformer: the transformer that feeds the site. feeder: the line that feeds the transformer; one transformer hangs
    on one feeder.
    """

    transformer: Column
    feeder: Column
