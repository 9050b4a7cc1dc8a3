"""``/mcp``: streamable HTTP, one request at a time, under an access token that was made for it and for nothing else.

Nothing is kept between requests, so any number of processes may serve them. The token is asked for anew each time.
"""

from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from gateways.http.doors import Doors
from gateways.http.principal import delegate_of
from gateways.http.problem import Refused
from gateways.mcp.pace import Pace
from gateways.mcp.server import server_for
from identity.resource import Resource

BYTES_MAX = 64 * 1024
WINDOW = timedelta(minutes=1)
CALLS_MAX = 240
ACTIONS_MAX = 30


class McpDoor:
    """The ASGI application behind the address. So many requests and actions of one party in a minute."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._calls, self._actions = Pace(CALLS_MAX, WINDOW), Pace(ACTIONS_MAX, WINDOW)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises Refused: 401 without a token, 403 from another site, 405, 429."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        request, doors = Request(scope, receive), self._doors
        if request.method != "POST":
            raise Refused(405, "post_only", "send JSON-RPC by POST; there is no stream to listen to", {"Allow": "POST"})
        own = doors.reception.website.origin
        if request.headers.get("origin", own) != own:
            raise Refused(403, "forged", f"only pages of {own} may do this; other programs send no Origin")
        asker = await run_in_threadpool(delegate_of, request, Resource.MCP)
        if wait_s := self._calls.wait_s(asker.principal.party, doors.steps.clock()):
            raise Refused(429, "too_many", f"at most {CALLS_MAX} requests a minute", {"Retry-After": str(wait_s)})
        server = server_for(doors, asker, self._actions)
        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=BYTES_MAX
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)
