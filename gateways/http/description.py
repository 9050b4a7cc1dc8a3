"""What the API says of itself, OpenAPI 3.1: what FastAPI knows, and what follows for every operation of ours.

Which problems an operation answers with follows from what it has: a credential, parameters, a body. A route names only
those of its own (gateways.http.problem.problems).
"""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from gateways.http.deprecation import Deprecated, mark
from gateways.http.problem import PROBLEM_SCHEMAS, problems

OURS = ("/api/", "/healthz")
ALWAYS = (429, 500, 503)
OF_CREDENTIALS = (401, 403)
OF_PARAMETERS = (422,)
OF_BODIES = (400, 413, 415, 422)


class DescribedApi(FastAPI):
    """An application whose description is complete. deprecated: what of it will go."""

    def __init__(self, deprecated: Sequence[Deprecated], **known: Any) -> None:
        super().__init__(**known)
        self._deprecated = deprecated

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
            mark(self._deprecated, self.openapi_schema["paths"])
        return self.openapi_schema


def _completed(found: dict[str, Any]) -> dict[str, Any]:
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas |= PROBLEM_SCHEMAS
    for path, operations in found["paths"].items():
        for operation in operations.values() if path.startswith(OURS) else ():
            _complete(operation)
            for form in _body_schemas(operation):
                schemas |= form.pop("$defs", {})
    return found


def _complete(operation: dict[str, Any]) -> None:
    statuses = [*ALWAYS]
    if "security" in operation:
        statuses += OF_CREDENTIALS
    if "parameters" in operation:
        statuses += OF_PARAMETERS
    if "requestBody" in operation:
        statuses += OF_BODIES
    own = {status: each for status, each in operation["responses"].items() if not _is_frameworks(each)}
    added = {str(status): each for status, each in problems(*statuses).items()}
    operation["responses"] = dict(sorted((added | own).items()))


def _is_frameworks(response: dict[str, Any]) -> bool:
    """FastAPI's own description of 422, which no answer of ours has."""
    return response.get("description") == "Validation Error"


def _body_schemas(operation: dict[str, Any]) -> list[dict[str, Any]]:
    contents = operation.get("requestBody", {}).get("content", {}).values()
    shown = [each["schema"] for each in contents]
    return [*shown, *(each["items"] for each in shown if "items" in each)]
