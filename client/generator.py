"""Writes ``client/api.py``: ``make client`` gives it the description on standard input and formats what it says.

A model for every form of the description, an enumeration for every closed list of words, one method an operation. The
same description always gives the same text. What OpenADR's own clients speak, streams, and
asking whether something is still the same, are left out.
"""

import json
import re
import sys
from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

Schema = dict[str, Any]
LEFT_OUT = frozenset({"openadr", "browser"})
HEAD = '''"""Written by ``make client`` from the API's description: change the API and run it again, not this file."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel

from client.transport import Transport, new_key
'''
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
FORMATS = {"date-time": "AwareDatetime", "date": "date"}


def source_of(description: Schema) -> str:
    """The text of the module, before formatting."""
    models = description["components"]["schemas"]
    parts = [HEAD, *(_model(name, models[name]) for name in _in_order(models)), _api(description)]
    return "\n\n".join(parts) + "\n"


def type_of(schema: Schema) -> str:
    """A form as a Python type."""
    if "$ref" in schema:
        return _class(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(each) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(repr(each) for each in schema.get('enum', [schema.get('const')]))}]"
    match schema.get("type"):
        case "array":
            return f"list[{type_of(schema.get('items', {}))}]"
        case "object":
            inner = schema.get("additionalProperties")
            return f"dict[str, {type_of(inner) if isinstance(inner, dict) else 'Any'}]"
        case "string":
            return FORMATS.get(schema.get("format", ""), "str")
        case other:
            return PLAIN.get(str(other), "Any")


def _class(name: str) -> str:
    """``Page_TradeItem_`` is a page of trades, and no name of a class."""
    return name.replace("_", "")


def _in_order(models: Schema) -> list[str]:
    """By name, each behind what it is made of."""
    done: list[str] = []

    def put(name: str) -> None:
        if name not in done:
            for inner in sorted(set(re.findall(r'schemas/(\w+)"', json.dumps(models[name])))):
                put(inner)
            done.append(name)

    for name in sorted(models):
        put(name)
    return done


def _model(name: str, schema: Schema) -> str:
    said = _quoted(schema.get("description", f"The form {name}."))
    if "enum" in schema:
        words = (f"    {re.sub(r'[^A-Za-z0-9]', '_', each).upper()} = {each!r}" for each in schema["enum"])
        return "\n".join([f"class {_class(name)}(StrEnum):", f"    {said}", "", *words])
    needed = set(schema.get("required", []))
    fields = [_field(field, each, field in needed) for field, each in schema.get("properties", {}).items()]
    return "\n".join([f"class {_class(name)}(BaseModel):", f"    {said}", "", *fields])


def _field(name: str, schema: Schema, needed: bool) -> str:
    assert name.isidentifier(), f"{name} is no name of a field"
    if needed:
        return f"    {name}: {type_of(schema)}"
    default = None if isinstance(schema.get("default"), dict) else schema.get("default")
    type_ = type_of(schema)
    optional = type_ if default is not None or "None" in type_ else f"{type_} | None"
    return f"    {name}: {optional} = {default!r}"


def _api(description: Schema) -> str:
    methods = [_method(*each) for each in _operations(description)]
    said = f'"""The API of {description["info"]["title"]}: one method an operation. Raises ApiError."""'
    return "\n".join(["class Api(Transport):", f"    {said}", "", "\n\n".join(methods)])


def _operations(description: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Path, method and operation of each, but for those left out."""
    for path, by_method in description["paths"].items():
        for method, operation in by_method.items():
            if not LEFT_OUT & set(operation.get("tags", [])) and _success(operation)[0] != "text/event-stream":
                yield path, method.upper(), operation


def _success(operation: Schema) -> tuple[str, str]:
    """Media type and Python type of what comes back when all is well."""
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    for media_type, content in good.get("content", {}).items():
        if media_type == "application/pdf":
            return media_type, "bytes"
        return media_type, type_of(content.get("schema", {}))
    return "", "None"


def _method(path: str, method: str, operation: Schema) -> str:
    parameters = [each for each in operation.get("parameters", []) if each["name"] != "If-None-Match"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    _, returns = _success(operation)
    by_place = {place: [each for each in parameters if each["in"] == place] for place in ("path", "query", "header")}
    arguments = [f"{_name(each)}: {type_of(each['schema'])}" for each in by_place["path"]]
    arguments += [f"body: {type_of(body['schema'])}"] if body else []
    named = [_argument(each) for each in by_place["query"] + by_place["header"]]
    signature = ", ".join(["self", *arguments, *(["*", *named] if named else [])])
    given = [
        f'"{method}"',
        f'"{path}"',
        returns,
        *_given("places", by_place["path"]),
        *_given("query", by_place["query"]),
    ]
    if by_place["header"]:
        given.append(f"headers={{{', '.join(_header(each) for each in by_place['header'])}}}")
    given += [f"body=({type_of(body['schema'])}, body)"] if body else []
    said = _quoted(operation.get("description", operation.get("summary", "")))
    answer = "" if returns == "None" else f"answer: {returns} = "
    last = "" if returns == "None" else "\n        return answer"
    call = f"self._call({', '.join(given)})"
    return (
        f"    def {operation['operationId']}({signature}) -> {returns}:\n        {said}\n        {answer}{call}{last}"
    )


def _given(what: str, parameters: list[Schema]) -> list[str]:
    pairs = ", ".join(f'"{each["name"]}": {_name(each)}' for each in parameters)
    return [f"{what}={{{pairs}}}"] if parameters else []


def _header(parameter: Schema) -> str:
    value = _name(parameter)
    return f'"{parameter["name"]}": {value}{" or new_key()" if _makes_key(parameter) else ""}'


def _argument(parameter: Schema) -> str:
    type_ = type_of(parameter["schema"])
    if parameter.get("required") and not _makes_key(parameter):
        return f"{_name(parameter)}: {type_}"
    return f"{_name(parameter)}: {type_ if 'None' in type_ else f'{type_} | None'} = None"


def _makes_key(parameter: Schema) -> bool:
    """The client makes such a key itself when nobody gives one: every try of one call bears the same."""
    return bool(parameter["name"] == "Idempotency-Key")


def _name(parameter: Schema) -> str:
    name = re.sub(r"\W", "_", str(parameter["name"])).lower()
    return f"{name}_" if iskeyword(name) else name


def _quoted(text: Any) -> str:
    """The first paragraph as a docstring on one line."""
    said = " ".join(str(text).split("\n\n")[0].split()).replace("\\", "").replace('"', "'")
    return f'"""{said}"""'


if __name__ == "__main__":
    sys.stdout.write(source_of(json.load(sys.stdin)))
