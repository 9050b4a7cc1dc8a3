"""How the client speaks: one key, bounded patience, and the same request again where that is safe.

A 429 was not looked at, so it is sent again whatever it was. A 503, or no answer at all, leaves open what was done: it
is repeated for what changes nothing twice, which are GET, PUT and DELETE and whatever bears an ``Idempotency-Key``.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2
from pydantic import TypeAdapter

from client.problem import error_of

T = TypeVar("T")
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
PAUSE_S, PAUSE_S_MAX = 0.5, 60.0


class Transport:
    """One connection to a market. tries: how often one request is sent at most. sleep: tests bring their own.

    tag: the ETag of the last answer, which goes into ``if_match`` of a change of what was just read.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        tries: int = 4,
        timeout_s: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.Client(base_url=address, headers=headers, timeout=timeout_s, transport=transport)
        self._tries, self._sleep = tries, sleep
        self.tag: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def follow(self, last_event_id: str | None = None) -> Iterator[dict[str, Any]]:
        """Events as they happen, for ever: what broke off is taken up behind the last one. Raises ApiError.

        last_event_id: behind which to begin; without one, now.
        """
        last = last_event_id
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with self._http.stream("GET", "/api/v1/events/stream", headers=headers) as answer:
                    if not answer.is_success:
                        answer.read()
                        raise error_of(answer.status_code, _json(answer))
                    for line in answer.iter_lines():
                        if line.startswith("data: "):
                            event: dict[str, Any] = json.loads(line.removeprefix("data: "))
                            yield event
                            last = event["id"]
            except httpx2.TransportError:
                self._sleep(PAUSE_S)

    def _call(
        self,
        method: str,
        path: str,
        returns: Any,
        *,
        places: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: tuple[Any, Any] | None = None,
    ) -> Any:
        """Send one request and give its answer in the form ``returns``. body: its form and its value."""
        for name, value in (places or {}).items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        known = {name: value for name, value in (headers or {}).items() if value is not None}
        asked = {name: _plain(value) for name, value in (query or {}).items() if value is not None}
        content = None if body is None else TypeAdapter(body[0]).dump_json(body[1], exclude_unset=True)
        if content is not None:
            known["Content-Type"] = "application/json"
        answer = self._sent(method, path, params=asked, headers=known, content=content)
        if not answer.is_success:
            raise error_of(answer.status_code, _json(answer))
        self.tag = answer.headers.get("etag")
        if returns is bytes:
            return answer.content
        return TypeAdapter(returns).validate_python(_json(answer))

    def _sent(self, method: str, path: str, **parts: Any) -> httpx2.Response:
        """The answer to the last try that was worth making."""
        repeatable = method in REPEATABLE or "Idempotency-Key" in parts["headers"]
        for tried in range(1, self._tries + 1):
            pause_s = PAUSE_S * 2 ** (tried - 1)
            try:
                answer = self._http.request(method, path, **parts)
            except httpx2.TransportError:
                if not repeatable or tried == self._tries:
                    raise
            else:
                again = answer.status_code == 429 or (answer.status_code == 503 and repeatable)
                if not again or tried == self._tries:
                    return answer
                pause_s = _asked_pause_s(answer) or pause_s
            self._sleep(min(pause_s, PAUSE_S_MAX))
        raise AssertionError("the last try returns or raises")


def new_key() -> str:
    """An idempotency key: one for each thing that shall be done once."""
    return uuid4().hex


def _asked_pause_s(answer: httpx2.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0


def _json(answer: httpx2.Response) -> Any:
    """The answer's JSON, None when it has none."""
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return None


def _plain(value: object) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
