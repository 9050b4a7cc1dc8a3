"""What will go: the one table of it, the headers that tell callers, and its mark in the description.

Nothing goes sooner than half a year after it was marked. ``Deprecation`` after RFC 9745, ``Sunset`` after RFC 8594.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.routing import compile_path

NOTICE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Deprecated:
    """path: as the description writes it. since: its first day so. sunset: from which day on it is gone. instead: the
    address of what to use."""

    method: str
    path: str
    since: date
    sunset: date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < NOTICE:
            raise ValueError(f"{self.method} {self.path} goes {NOTICE.days} days after its mark or later")

    @property
    def headers(self) -> dict[str, str]:
        """What its answers tell."""
        since, sunset = (datetime.combine(day, time(), UTC) for day in (self.since, self.sunset))
        return {
            "Deprecation": f"@{int(since.timestamp())}",
            "Sunset": format_datetime(sunset, usegmt=True),
            "Link": f'<{self.instead}>; rel="successor-version"',
        }


DEPRECATED: tuple[Deprecated, ...] = ()


def deprecation_fields(table: Sequence[Deprecated], method: str, path: str) -> dict[str, str]:
    """The headers of an answer to a request, none for what stays."""
    return next((each.headers for each in table if each.method == method and _is_of(each.path, path)), {})


def mark(table: Sequence[Deprecated], paths: dict[str, Any]) -> None:
    """Mark what will go in the description's paths. Asserts that it is there."""
    for each in table:
        operation = paths.get(each.path, {}).get(each.method.lower())
        assert operation is not None, f"{each.method} {each.path} is marked and does not exist"
        operation |= {"deprecated": True, "x-sunset": str(each.sunset)}


def _is_of(template: str, path: str) -> bool:
    return compile_path(template)[0].match(path) is not None
