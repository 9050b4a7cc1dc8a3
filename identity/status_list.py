"""Which certificates were taken back: a Token Status List (draft-ietf-oauth-status-list), one for many certificates.

Each certificate names a list and its place in it. The list is an array of bits, compressed, in a token that its issuer
signs; places are packed from the least significant bit of each byte on. Zero is good, anything else is not.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from identity.disclosure import decoded, encoded

VALID, REVOKED = 0, 1
BITS = (1, 2, 4, 8)
BYTES_MAX = 1024 * 1024


def statuses_of(bits: int, packed: str) -> bytes:
    """The list unpacked from its token: bytes of ``8 // bits`` places each. Raises ValueError."""
    if bits not in BITS:
        raise ValueError(f"a status has 1, 2, 4 or 8 bits, not {bits!r}")
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(decoded(packed), BYTES_MAX)
    except zlib.error as broken:
        raise ValueError(f"the list is not compressed as it should be: {broken}") from None
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError(f"the list is cut off, or has more than {BYTES_MAX} bytes")
    return found


def status_at(claims: Mapping[str, Any], place: int) -> int:
    """The status at a place of a list's claims ``{"bits", "lst"}``. Raises ValueError when there is no such place."""
    bits, found = claims["bits"], statuses_of(claims["bits"], claims["lst"])
    at, shift = divmod(place * bits, 8)
    if not 0 <= at < len(found):
        raise ValueError(f"the list has no place {place}")
    return int(found[at] >> shift & ((1 << bits) - 1))


def list_claims(statuses: Sequence[int], bits: int = 1) -> dict[str, Any]:
    """The claims of a list with these statuses: for whoever issues certificates."""
    packed = bytearray((len(statuses) * bits + 7) // 8)
    for place, status in enumerate(statuses):
        at, shift = divmod(place * bits, 8)
        packed[at] |= status << shift
    return {"bits": bits, "lst": encoded(zlib.compress(bytes(packed), 9))}
