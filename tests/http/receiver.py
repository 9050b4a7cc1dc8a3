"""Somebody's server that takes webhooks: a real one on loopback that keeps what came and answers as it is told."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gateways.broker.authority import Papers


@dataclass
class Receiver:
    """What came, and what to answer: the next of ``answers``, then 204. asked_for: names that connections named."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked_for: list[str | None] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiving(papers: Papers | None = None) -> Iterator[Receiver]:
    """A receiver from entering to leaving. papers: what it shows over TLS; without them it speaks plainly."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.answers.pop(0) if kept.answers else 204)
            self.send_header("location", f"{kept.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"{'https' if papers else 'http'}://127.0.0.1:{server.server_address[1]}"
    if papers:
        server.socket = _shown(papers, kept).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _shown(papers: Papers, kept: Receiver) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.certificate, papers.key)
    context.sni_callback = lambda connection, name, _: kept.asked_for.append(name)
    return context
