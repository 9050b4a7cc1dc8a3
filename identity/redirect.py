"""Where a browser may be sent back to with an authorisation code: to addresses that the client registered, exactly.

Https anywhere, or plain http to the person's own machine (RFC 8252), where the port alone may differ: programs without
a server listen on whichever port is free.
"""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from domain.errors import Fault

CHARACTERS_MAX = 500
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PRINTABLE = re.compile(r"[\x21-\x7e]+")


def redirect_faults(address: str, where: str) -> list[Fault]:
    """What speaks against registering an address, empty when nothing does."""
    parts = _split(address)
    if parts is None or not parts.hostname or parts.username is not None or "#" in address:
        return [Fault(where, "wrong_form", "a redirect address is absolute, without user and fragment")]
    if parts.scheme != "https" and not _is_loopback(parts):
        return [Fault(where, "not_secure", "a redirect address is https, or http to 127.0.0.1, [::1] or localhost")]
    return []


def is_registered(asked: str, registered: Sequence[str]) -> bool:
    """Whether the asked address is one of the registered ones; on the own machine its port is not compared."""
    return asked in registered or any(_same_but_port(asked, each) for each in registered)


def origin_of(address: str) -> str:
    """Scheme, host and port of a registered address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _split(address: str) -> SplitResult | None:
    if len(address) > CHARACTERS_MAX or PRINTABLE.fullmatch(address) is None or set(address) & set("\\\"'<>;,`{}|^"):
        return None
    try:
        parts = urlsplit(address)
        assert parts.port is None or parts.port >= 0
    except ValueError:
        return None
    return parts if parts.scheme in {"https", "http"} else None


def _is_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def _same_but_port(asked: str, registered: str) -> bool:
    one, other = _split(asked), _split(registered)
    if one is None or other is None or not (_is_loopback(one) and _is_loopback(other)) or one.username is not None:
        return False
    return (one.hostname, one.path, one.query) == (other.hostname, other.path, other.query) and "#" not in asked
