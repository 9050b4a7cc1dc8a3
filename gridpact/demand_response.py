"""The VTNs of demand response that ``gridpact up`` asks, each on a thread of its own, beside the slots.

What one of them does is written to ``<data>/vtns/NAME.json`` after every visit, for ``gridpact doctor``. A VTN that
does not answer is asked again after pauses that double up to a quarter of an hour; what it said before stands until it
ends.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from domain.errors import GridpactError
from gridpact.vtn_line import ven_of
from gridpact.vtn_settings import VtnSettings
from gridpact.vtn_telling import Telling
from gridpact.wiring import House, open_desk

if TYPE_CHECKING:
    from gateways.openadr.ven_attendance import Attendance

PAUSE_S_MAX = 900
ENDED_S_MAX = 30.0
LOG = logging.getLogger(__name__)


@contextmanager
def responding(house: House) -> Iterator[list[str]]:
    """Ask every VTN that has a ``poll_s``, from entering to leaving; their names. Raises InputRefused."""
    with ExitStack() as stack:
        asked = {name: vtn for name, vtn in house.settings.openadr_vtns.items() if vtn.poll_s is not None}
        for name, vtn in asked.items():
            stack.enter_context(_attending(house, name, vtn))
        yield list(asked)


@contextmanager
def _attending(house: House, name: str, vtn: VtnSettings) -> Iterator[None]:
    from gateways.openadr.ven_attendance import Attendance

    stop = threading.Event()
    attendance = Attendance(ven_of(name, vtn, open_desk(house)), vtn.reports, lambda: open_desk(house))
    told = Telling(house.places.vtns / f"{name}.json", house.clock)
    thread = threading.Thread(
        target=keep_asking, args=(attendance, vtn.poll_s or PAUSE_S_MAX, told, stop), name=f"vtn-{name}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(ENDED_S_MAX)


def keep_asking(attendance: "Attendance", poll_s: int, told: Telling, stop: threading.Event) -> None:
    """Visit until stopped, ``poll_s`` apart, further apart after failures."""
    failures = 0
    while not stop.is_set():
        failures = visited(attendance, told, failures)
        stop.wait(pause_s(poll_s, failures))


def visited(attendance: "Attendance", told: Telling, failures: int) -> int:
    """Visit once and write down what came of it; failures in a row by now."""
    try:
        said = attendance.visit()
    except GridpactError as failure:
        LOG.warning("%s", failure)
        told.failed(str(failure), failures + 1)
        return failures + 1
    told.heard({event: fault.message if fault else "" for event, fault in said.items()}, attendance.standing)
    return 0


def pause_s(poll_s: int, failures: int) -> int:
    """Seconds to the next visit: doubled with each failure in a row, up to a quarter of an hour."""
    return poll_s if not failures else max(poll_s, min(poll_s * 2 ** min(failures, 10), PAUSE_S_MAX))
