"""One message sent to a webhook's address within bounds: no redirect, no proxy, so much of an answer, so much time."""

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from domain.errors import InputRefused
from gateways.webhooks.address import Resolve, look_up, target_of
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
        import httpx2

        try:
            target = target_of(message.url, loopback=self.loopback, resolve=self.resolve)
            return self._post(message, target.address, target.host)
        except InputRefused as refused:
            return Answer(None, refused.faults[0].message)
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as failure:
            return Answer(None, f"{type(failure).__name__}: {failure}")

    def _post(self, message: Message, address: str, host: str) -> Answer:
        import httpx2

        url = httpx2.URL(message.url)
        headers = {**message.headers, "host": url.netloc.decode(), "user-agent": USER_AGENT}
        ends = monotonic() + WHOLE_S_MAX
        with (
            httpx2.Client(
                verify=self.trust or True, trust_env=False, follow_redirects=False, timeout=STEP_S_MAX
            ) as client,
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=message.body,
                headers=headers,
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            read = 0
            for chunk in answer.iter_raw():
                read += len(chunk)
                if read > ANSWER_BYTES_MAX or monotonic() > ends:
                    break
            return Answer(answer.status_code)
