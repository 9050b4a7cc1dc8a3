"""Entity tags (RFC 9110): what somebody holds is not sent again, and what changed meanwhile is not overwritten.

A tag is strong: a digest of the very answer, so that another program version that shows more has another tag.
"""

import re
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from domain.canonical import digest
from gateways.http.page import Answer
from gateways.http.principal import SAFE_METHODS
from gateways.http.problem import Refused

TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
TAG_DIGITS = 32

IfMatch = Annotated[str | None, Header(alias="If-Match", description="the ETag of what was read, or *")]


def tag_of(item: Answer) -> str:
    """The tag of an item as it is answered."""
    return f'"{digest(item.model_dump(mode="json"))[:TAG_DIGITS]}"'


def tagged(request: Request, item: Answer) -> Response:
    """The item with its tag; 304 without it when ``If-None-Match`` names the tag. A cache asks again each time."""
    tag = tag_of(item)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    held = request.headers.get("if-none-match", "")
    if request.method in SAFE_METHODS and (
        held.strip() == "*" or tag in {each.removeprefix("W/") for each in TAG.findall(held)}
    ):
        return Response(status_code=304, headers=headers)
    return JSONResponse(item.model_dump(mode="json"), headers=headers)


def required_tags(if_match: str | None) -> frozenset[str]:
    """The tags of ``If-Match``, ``*`` for any. Raises Refused 428 without it. Weak ones match nothing."""
    given = (if_match or "").strip()
    if not given:
        raise Refused(428, "tag_required", "read the item first and send its ETag in If-Match")
    return frozenset({"*"} if given == "*" else TAG.findall(given))
