"""One message sent to a webhook's address within bounds: no redirect, no proxy, so much of an answer, so much time."""

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain.errors import InputRefused
from gateways.webhooks.address import Resolve, Target, look_up, target_of
from services.events.webhook_delivery import Answer, Message

if TYPE_CHECKING:
    import ssl

STEP_S_MAX = 5.0
WHOLE_S_MAX = 15.0
ANSWER_BYTES_MAX = 16 * 1024
USER_AGENT = "gridpact-webhooks/1"


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages. loopback: this machine may be reached too, over http, as a setting allows for tests. trust: whose
    certificates count, None for those that public servers have.
    """

    loopback: bool = False
    resolve: Resolve = look_up
    trust: "ssl.SSLContext | None" = None

    def __call__(self, message: Message) -> Answer:
        """Post a message; what went wrong outside comes back as words."""
        import httpcore2

        outside = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)
        try:
            target = target_of(message.url, loopback=self.loopback, resolve=self.resolve)
            return self._post(message, target)
        except InputRefused as refused:
            return Answer(None, refused.faults[0].message)
        except (OSError, ValueError, httpcore2.UnsupportedProtocol, *outside) as failure:
            return Answer(None, f"{type(failure).__name__}: {failure}")

    def _post(self, message: Message, target: Target) -> Answer:
        import httpcore2
        from httpx2 import create_ssl_context

        from gateways.webhooks.deadline import DeadlineBackend

        parts = urlsplit(message.url)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        url = httpcore2.URL(
            scheme=parts.scheme.encode(), host=target.address.encode(), port=target.port, target=path.encode()
        )
        headers = {
            **message.headers,
            "host": parts.netloc.rpartition("@")[2],
            "user-agent": USER_AGENT,
            "content-length": str(len(message.body)),
        }
        backend = DeadlineBackend(monotonic() + WHOLE_S_MAX)
        steps = dict.fromkeys(("connect", "read", "write", "pool"), STEP_S_MAX)
        with (
            httpcore2.ConnectionPool(self.trust or create_ssl_context(), network_backend=backend) as pool,
            pool.stream(
                "POST",
                url,
                headers=list(headers.items()),
                content=message.body,
                extensions={"sni_hostname": target.host, "timeout": steps},
            ) as answer,
        ):
            read = 0
            for chunk in answer.iter_stream():
                read += len(chunk)
                if read > ANSWER_BYTES_MAX:
                    break
            return Answer(answer.status)
