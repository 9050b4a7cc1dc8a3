"""What a selectively disclosable token discloses: the layer of RFC 9901 over a payload whose signature holds already.

The issuer puts digests in the place of claims; the holder hands over the disclosures it wants to. Here each disclosure
is put back where its digest stands. Whatever the RFC forbids (section 7.1) makes the whole token worthless: a digest
that stands twice, a disclosure that belongs nowhere, a claim that would replace another.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from domain.nesting import nested_too_deep

DIGESTS, ELEMENT, ALGORITHM = "_sd", "...", "_sd_alg"
SHA_256 = "sha-256"
DISCLOSURES_MAX, CHARACTERS_MAX = 64, 65_536

Claims = dict[str, Any]


def parts_of(text: str) -> tuple[str, list[str]]:
    """The issuer's signed token and the disclosures of ``token~disclosure~...~``, in their order.

    Raises ValueError when the text has another form, is too large, or ends in a key binding, which nobody asked for.
    """
    if len(text) > CHARACTERS_MAX:
        raise ValueError(f"it has more than {CHARACTERS_MAX} characters")
    token, *rest = text.strip().split("~")
    if not rest:
        raise ValueError("it has no ~: this is a plain token")
    if rest[-1]:
        raise ValueError("it ends in a key binding token; send it without one")
    if len(rest) - 1 > DISCLOSURES_MAX:
        raise ValueError(f"it has more than {DISCLOSURES_MAX} disclosures")
    return token, rest[:-1]


def digest_of(disclosure: str) -> str:
    """The digest that stands for a disclosure: SHA-256 of its text, in base64url without padding."""
    return encoded(hashlib.sha256(disclosure.encode("ascii", "replace")).digest())


def disclosed(payload: Mapping[str, Any], disclosures: Sequence[str]) -> Claims:
    """The payload with every disclosure in its place, and without the digests of what was not disclosed.

    Raises ValueError naming the first thing that RFC 9901 forbids.
    """
    if payload.get(ALGORITHM, SHA_256) != SHA_256:
        raise ValueError(f"digests of {payload[ALGORITHM]!r} are not read, only {SHA_256}")
    known = {digest_of(each): _entry(each) for each in disclosures}
    if len(known) < len(disclosures):
        raise ValueError("a disclosure stands there twice")
    seen: set[str] = set()
    found = _object({name: value for name, value in payload.items() if name != ALGORITHM}, known, seen)
    if known.keys() - seen:
        raise ValueError("a disclosure belongs to no digest of the token")
    return found


def hidden(claims: Mapping[str, Any], salts: Mapping[str, str]) -> tuple[Claims, list[str]]:
    """The payload in which the claims that have a salt are only digests, and their disclosures, by name."""
    disclosures = [_written([salts[name], name, claims[name]]) for name in sorted(salts)]
    shown = {name: value for name, value in claims.items() if name not in salts}
    return shown | {DIGESTS: sorted(map(digest_of, disclosures)), ALGORITHM: SHA_256}, disclosures


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """What base64url without padding stands for. Raises ValueError when it stands for nothing."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encoded(data) != text:
        raise ValueError(f"{text[:20]!r} is no base64url")
    return data


def strict_json(text: str) -> Any:
    """JSON in which no name stands twice and little is nested. Raises ValueError."""
    if nested_too_deep(text):
        raise ValueError("it is nested too deep")
    return json.loads(text, object_pairs_hook=_once_each)


def _entry(disclosure: str) -> list[Any]:
    entry = strict_json(decoded(disclosure).decode())
    if not isinstance(entry, list) or len(entry) not in {2, 3} or not isinstance(entry[0], str):
        raise ValueError("a disclosure is a list of salt, name and value, or of salt and value")
    return entry


def _object(given: Mapping[str, Any], known: Mapping[str, list[Any]], seen: set[str]) -> Claims:
    found = {name: _value(value, known, seen) for name, value in given.items() if name != DIGESTS}
    digests = given.get(DIGESTS, [])
    if not isinstance(digests, list):
        raise ValueError(f"{DIGESTS} is no list")
    for digest in digests:
        entry = _at(digest, known, seen)
        if entry is None:
            continue
        if len(entry) != 3 or not isinstance(entry[1], str):
            raise ValueError("a claim's disclosure has no name")
        if entry[1] in {DIGESTS, ELEMENT} or entry[1] in found:
            raise ValueError(f"a disclosure would replace {entry[1]!r}")
        found[entry[1]] = _value(entry[2], known, seen)
    return found


def _value(given: Any, known: Mapping[str, list[Any]], seen: set[str]) -> Any:
    if isinstance(given, dict):
        return _object(given, known, seen)
    return _elements(given, known, seen) if isinstance(given, list) else given


def _elements(given: list[Any], known: Mapping[str, list[Any]], seen: set[str]) -> list[Any]:
    found = []
    for each in given:
        if not (isinstance(each, dict) and each.keys() == {ELEMENT}):
            found.append(_value(each, known, seen))
            continue
        entry = _at(each[ELEMENT], known, seen)
        if entry is not None and len(entry) != 2:
            raise ValueError("a list's element is disclosed with a name")
        found += [] if entry is None else [_value(entry[1], known, seen)]
    return found


def _at(digest: Any, known: Mapping[str, list[Any]], seen: set[str]) -> list[Any] | None:
    """What is disclosed at a digest, None when nothing is."""
    if not isinstance(digest, str) or digest in seen:
        raise ValueError("a digest stands there twice, or is no text")
    seen.add(digest)
    return known.get(digest)


def _written(entry: list[Any]) -> str:
    return encoded(json.dumps(entry, ensure_ascii=False).encode())


def _once_each(pairs: list[tuple[str, Any]]) -> Claims:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name stands there twice")
    return dict(pairs)
