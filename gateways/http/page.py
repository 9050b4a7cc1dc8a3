"""Lists in parts: a cursor names the last row that was seen, so rows added meanwhile shift nothing and repeat nothing.

A cursor opens nothing: what it may show is asked anew with each request.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict

from domain.errors import Fault, InputRefused
from gateways.strict_json import parse
from memory.window import Window

ITEMS_MAX = 200
ITEMS = 50
CURSOR_CHARACTERS_MAX = 1_000
WHOLE_MAX = 2**63 - 1
NAME = r"^[^\x00\ud800-\udfff]{0,200}$"  # what a database can hold

Key = tuple[int | str, ...]
Name = Annotated[str, Path(pattern=r"^[^\x00]*$", max_length=200)]
Asked = Annotated[str | None, Query(pattern=r"^[^\x00]*$", max_length=200)]
Row = TypeVar("Row")


class Answer(BaseModel):
    """A form of what is answered, filled from anything with these attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


Item = TypeVar("Item", bound=Answer)


class Page(Answer, Generic[Item]):
    """A part of a list. next: goes into ``cursor`` for the part after it; null on the last one."""

    items: list[Item]
    next: str | None


def window_by(*kinds: type[int | str]) -> Callable[[str, int], Window]:
    """A dependency: which part of a list is asked for. kinds: of the parts of the list's key."""

    def window(
        cursor: Annotated[str, Query(max_length=CURSOR_CHARACTERS_MAX, description="`next` of the part before")] = "",
        limit: Annotated[int, Query(ge=1, le=ITEMS_MAX, description="items at most")] = ITEMS,
    ) -> Window:
        return Window(_key(cursor, kinds) if cursor else (), limit)

    return window


def page(window: Window, rows: Sequence[Row], key: Callable[[Row], Key], item: Callable[[Row], Item]) -> Page[Item]:
    """The page of a window. rows: one more than its limit when there is a part after it."""
    shown = rows[: window.limit]
    return Page(items=[item(row) for row in shown], next=_cursor(key(shown[-1])) if len(rows) > len(shown) else None)


def _cursor(key: Key) -> str:
    return urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def _key(cursor: str, kinds: Sequence[type[int | str]]) -> Key:
    """Raises InputRefused when the text is no cursor of such a list."""
    try:
        key = parse(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != [*kinds] or not all(map(_is_storable, key)):
        raise InputRefused([Fault("cursor", "not_a_cursor", "send `next` of the part before, as it was")])
    return tuple(key)


def _is_storable(part: int | str) -> bool:
    return re.fullmatch(NAME, part) is not None if isinstance(part, str) else abs(part) <= WHOLE_MAX
