"""A small OpenAI-compatible server on the loopback: it answers from a script and keeps what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the model's text, or another status, a raw body, a delay."""

    text: str = ""
    status: int = 200
    raw: bytes | None = None
    delay_s: float = 0.0

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.status != 200:
            return json.dumps({"error": {"message": "scripted", "type": "server_error"}}).encode()
        message = {"role": "assistant", "content": self.text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json.dumps(
            {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        ).encode()


@dataclass
class ModelServer:
    """Answers each request with the next reply; the last one stays. ``asked`` holds the requests in order."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def will_say(self, *replies: Reply | dict[str, Any]) -> None:
        self.replies = [
            reply if isinstance(reply, Reply) else Reply(json.dumps(reply, ensure_ascii=False)) for reply in replies
        ]

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append({"path": self.path, "key": self.headers["Authorization"], **json.loads(body)})
            reply = server.next()
            time.sleep(reply.delay_s)
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("retry-after-ms", "5")
            self.end_headers()
            self.wfile.write(reply.body())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: the test reads ``asked``."""

    return Handler


@contextmanager
def serving() -> Iterator[ModelServer]:
    """A server on a free port of the loopback, until the block ends."""
    server = ModelServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    http.shutdown()
    http.server_close()
