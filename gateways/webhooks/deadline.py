"""Connections that end at a moment, whatever the other side does: a server that sends a byte now and then is not waited
for longer than one that sends none."""

from collections.abc import Iterable
from time import monotonic
from typing import Any

import httpcore2
from httpcore2 import SOCKET_OPTION


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections whose every wait ends at ``ends``, in seconds of the monotonic clock."""

    def __init__(self, ends: float) -> None:
        self._ends, self._opened = ends, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect in the time that is left. Raises ConnectTimeout, ConnectError."""
        left = _left(self._ends, timeout, httpcore2.ConnectTimeout)
        return _Stream(self._opened.connect_tcp(host, port, left, local_address, socket_options), self._ends)


class _Stream(httpcore2.NetworkStream):
    """A connection with the same end for every read, write and handshake on it."""

    def __init__(self, stream: httpcore2.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends, timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends, timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(self._ends, timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float, timeout: float | None, over: type[Exception]) -> float:
    """The wait that is asked for, no longer than what is left. Raises ``over`` when nothing is."""
    left = ends - monotonic()
    if left <= 0:
        raise over("the time for this message is over")
    return left if timeout is None else min(left, timeout)
