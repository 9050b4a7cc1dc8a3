"""Reading a request's JSON within bounds: so long and strictly what JSON is.

A long body is understood in a thread, and few of them at once, so that nobody else waits for it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from domain.errors import InputRefused
from gateways.http.problem import Refused, faults_of
from gateways.strict_json import parse

FORM_BYTES_MAX = 64 * 1024
ASIDE_MAX = 2
REF = "#/components/schemas/{model}"
Form = TypeVar("Form", bound=BaseModel)
Made = TypeVar("Made")


def form(model: type[Form], bytes_max: int = FORM_BYTES_MAX) -> Callable[[Request], Awaitable[Form]]:
    """A dependency that reads the body as a form. Raises InputRefused with every fault, and what read_json raises."""

    async def read(request: Request) -> Form:
        try:
            return model.model_validate(_with_whole_numbers(await read_json(request, bytes_max)))
        except ValidationError as wrong:
            raise InputRefused(faults_of(wrong.errors())) from None

    return read


def _with_whole_numbers(value: Any) -> Any:
    """A form's ``1.0`` is the whole number 1, as JSON Schema has it; ``1.5`` stays what no whole number is."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def form_body(model: type[BaseModel]) -> dict[str, Any]:
    """The form as the description of the API shows it."""
    schema = model.model_json_schema(ref_template=REF)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def read_json(request: Request, bytes_max: int) -> Any:
    """The body as Python values. Raises Refused: 413 when too long, 415 when not JSON by name, 400 by content.

    A body is counted while it arrives, whatever its Content-Length claims. NaN, infinities and repeated keys, which
    JSON leaves open, are refused: two readers would understand them differently. So is what is not UTF-8 or too nested.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "not_json", "send application/json")
    body = await _body(request, bytes_max)
    try:
        return parse(body) if len(body) <= FORM_BYTES_MAX else await aside(request, lambda: parse(body))
    except ValueError as broken:
        raise Refused(400, "not_json", f"the body is not JSON: {broken}") from None


async def aside(request: Request, work: Callable[[], Made]) -> Made:
    """Do something long in a thread, once at most ``ASIDE_MAX`` others are done with theirs. Raises what it raises."""
    async with request.app.state.aside:
        return await run_in_threadpool(work)


async def _body(request: Request, bytes_max: int) -> bytes:
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > bytes_max:
            raise Refused(413, "too_large", f"a request has at most {bytes_max} bytes; send several")
        chunks.append(chunk)
    return b"".join(chunks)
