"""Where a webhook may go: to the public internet over https, and nowhere inside our own house.

The name is looked up when a message is sent, every address it has must be public, and the connection goes to the very
address that was looked at: a name that changes between two look-ups gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from domain.errors import Fault, InputRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
URL_CHARACTERS_MAX = 500
LABEL_CHARACTERS_MAX = 63
# Both carry an IPv4 address inside, which may be anybody's.
CARRIERS = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))


class Target(NamedTuple):
    """Where to connect, and under which name."""

    address: str
    host: str
    port: int


def check_url(url: str, *, loopback: bool) -> None:
    """Raises InputRefused with every fault of a webhook's address. loopback: http to this machine is allowed too."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InputRefused([Fault("url", "wrong_form", "this is no address")]) from None
    near = loopback and parts.scheme == "http" and _is_loopback_name(host or "")
    faults = []
    if parts.scheme != "https" and not near:
        faults.append(Fault("url", "not_https", "a webhook's address begins with https://"))
    if not host or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        faults.append(Fault("url", "wrong_form", "an address has a host, no user name and no fragment, in ASCII"))
    if host and not _has_labels(host):
        faults.append(Fault("url", "wrong_form", f"a host's labels have 1 to {LABEL_CHARACTERS_MAX} characters each"))
    if len(url) > URL_CHARACTERS_MAX:
        faults.append(Fault("url", "too_long", f"an address has at most {URL_CHARACTERS_MAX} characters"))
    if faults:
        raise InputRefused(faults)


def target_of(url: str, *, loopback: bool, resolve: Resolve) -> Target:
    """Look the host up. Raises InputRefused when an address is not public, OSError or ValueError when it has none."""
    check_url(url, loopback=loopback)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = resolve(host, port)
    inside = [each for each in found if not may_reach(each, loopback=loopback)]
    if inside or not found:
        raise InputRefused([Fault("url", "not_public", f"{host} leads to {', '.join(inside) or 'nowhere'}")])
    return Target(found[0], host, port)


def may_reach(address: str, *, loopback: bool) -> bool:
    """Whether an address is of the public internet, or, where that is allowed, of this very machine."""
    given = ipaddress.ip_address(address.partition("%")[0])
    real: Address = (given.ipv4_mapped or given) if isinstance(given, ipaddress.IPv6Address) else given
    if loopback and real.is_loopback:
        return True
    carried = any(real in network for network in CARRIERS)
    return real.is_global and not real.is_multicast and not carried


def look_up(host: str, port: int) -> list[str]:
    """Every address of a host, by the system's resolver. Raises OSError, ValueError for what is no host name."""
    return sorted({str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def _has_labels(host: str) -> bool:
    """Whether a resolver can encode each label; a dot may end the name."""
    return all(0 < len(each) <= LABEL_CHARACTERS_MAX for each in host.removesuffix(".").split("."))


def _is_loopback_name(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}
