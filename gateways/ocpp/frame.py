"""The messages of OCPP-J: a call, its result, or its error, each a JSON list over a WebSocket.

Payloads are held to the JSON schemas that the standard publishes, as the package ``ocpp`` carries them. A schema is
looked up only for actions that are known, since it is found by the action's name.
"""

import json
from typing import Any, Literal, NamedTuple, TypeAlias

from domain.errors import Fault
from gateways.strict_json import parse

Version: TypeAlias = Literal["1.6", "2.0.1"]
PROTOCOLS: dict[str, Version] = {"ocpp2.0.1": "2.0.1", "ocpp1.6": "1.6"}
CALL, RESULT, ERROR = 2, 3, 4
FRAME_BYTES_MAX = 64 * 1024
ID_LETTERS_MAX = 36
ACTION_LETTERS_MAX = 64
FAULTS_TOLD_MAX = 5
# The two versions spell one code differently.
FORMAT = {"1.6": "FormationViolation", "2.0.1": "FormatViolation"}


class Call(NamedTuple):
    """Somebody asks."""

    id: str
    action: str
    payload: dict[str, Any]


class Result(NamedTuple):
    """What was asked is answered."""

    id: str
    payload: dict[str, Any]


class Failure(NamedTuple):
    """What was asked is refused."""

    id: str
    code: str
    text: str


Frame: TypeAlias = Call | Result | Failure


def frame_of(message: str | bytes) -> Frame | Fault:
    """A message as it came. A fault's ``where`` is the id that it bears, empty when not even that can be told."""
    if isinstance(message, bytes):
        return Fault("", "binary", "OCPP-J is text")
    try:
        found = parse(message.encode())
    except ValueError as broken:
        return Fault("", "not_json", f"the message is not JSON: {broken}")
    if not (isinstance(found, list) and 3 <= len(found) <= 5 and type(found[0]) is int and _is_id(found[1])):
        return Fault("", "wrong_form", "a message is a list of kind, id and content")
    kind, name, *rest = found
    if kind == CALL and len(rest) == 2 and _is_name(rest[0]) and isinstance(rest[1], dict):
        return Call(name, *rest)
    if kind == RESULT and len(rest) == 1 and isinstance(rest[0], dict):
        return Result(name, rest[0])
    if kind == ERROR and len(rest) == 3 and all(isinstance(each, str) for each in rest[:2]):
        return Failure(name, rest[0][:ACTION_LETTERS_MAX], rest[1][:255])
    return Fault(name, "wrong_form", "neither a call nor a result nor an error")


def written(frame: Frame) -> str:
    """The message to send."""
    if isinstance(frame, Call):
        return json.dumps([CALL, frame.id, frame.action, frame.payload])
    if isinstance(frame, Result):
        return json.dumps([RESULT, frame.id, frame.payload])
    return json.dumps([ERROR, frame.id, frame.code, frame.text[:255], {}])


def schema_faults(version: Version, action: str, payload: dict[str, Any], *, answer: bool = False) -> list[Fault]:
    """What is wrong with a payload by the standard's schema, the first few. The action must be one that we know."""
    from ocpp.messages import get_validator

    found = get_validator(RESULT if answer else CALL, action, version).iter_errors(payload)
    return [
        Fault("/".join(map(str, each.absolute_path)) or action, str(each.validator), each.message[:200])
        for _, each in zip(range(FAULTS_TOLD_MAX), found, strict=False)
    ]


def _is_id(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= ID_LETTERS_MAX


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= ACTION_LETTERS_MAX
