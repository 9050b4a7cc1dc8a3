"""What the API says of itself, OpenAPI 3.1: what FastAPI knows, and what follows for every operation.

Which problems an operation answers with follows from what it has: a credential, parameters, a body. A route names only
those of its own (gateways.http.problem.problems). Bodies are read by our own strict reader, so their forms come in from
the side (gateways.http.body.form_body) and move to where all forms stand, each under its own name.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from gateways.http.body import REF
from gateways.http.deprecation import Deprecated, mark
from gateways.http.problem import ProblemItem, problems

Schema = dict[str, Any]
ALWAYS = (429, 500, 503)
OF_CREDENTIALS = (401, 403)
OF_PARAMETERS = (422,)
OF_BODIES = (400, 413, 415, 422)
HELD = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "the ETag of what one holds: 304 while it is the same",
}
FRAMEWORKS = ("HTTPValidationError", "ValidationError")


def operation_name(route: APIRoute) -> str:
    """How programs call an operation: as its function is called. A test holds that no two are called the same."""
    return route.name.strip("_")


class DescribedApi(FastAPI):
    """An application whose description is complete. deprecated: what of it will go."""

    def __init__(self, deprecated: Sequence[Deprecated], **known: Any) -> None:
        super().__init__(**known)
        self._deprecated = deprecated

    def openapi(self) -> Schema:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
            mark(self._deprecated, self.openapi_schema["paths"])
        return self.openapi_schema


def _completed(found: Schema) -> Schema:
    forms: Schema = found.setdefault("components", {}).setdefault("schemas", {})
    forms |= models_json_schema([(ProblemItem, "serialization")], ref_template=REF)[1]["$defs"]
    for operation in _operations(found):
        _complete(operation)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = _named(content["schema"], forms)
    for name in FRAMEWORKS:
        forms.pop(name, None)
    return found


def _operations(found: Schema) -> Iterator[Schema]:
    for path in found["paths"].values():
        yield from path.values()


def _complete(operation: Schema) -> None:
    if "304" in operation["responses"]:
        operation.setdefault("parameters", []).append(HELD)
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


def _is_frameworks(response: Schema) -> bool:
    """FastAPI's own description of 422, which no answer of ours has."""
    return response.get("description") == "Validation Error"


def _named(form: Schema, forms: Schema) -> Schema:
    """Move a form and its parts to the others, and give what stands in its place."""
    if form.get("type") == "array":
        return {**form, "items": _named(form["items"], forms)}
    forms |= form.get("$defs", {})
    rest = {name: value for name, value in form.items() if name != "$defs"}
    if "title" not in rest:
        return rest
    assert forms.setdefault(rest["title"], rest) == rest, f"two forms are called {rest['title']}"
    return {"$ref": REF.format(model=rest["title"])}
