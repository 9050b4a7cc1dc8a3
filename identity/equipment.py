"""Certificates of generation and consumption equipment: SD-JWT credentials that an operator or installer signs.

The signature is that of a registered issuer (Ed25519 or ES256, RFC 7515), the claims are put together by RFC 9901, the
type is ours. What the market relies on is always in the open; serial number and address may stay hidden. Whether a
certificate was taken back says its issuer's status list, and one whose list is not known is not believed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.errors import Fault
from domain.site import DeviceKind
from identity.disclosure import disclosed, hidden, parts_of, strict_json
from identity.status_list import VALID, status_at

CERTIFICATE_TYPE, LIST_TYPE = "dc+sd-jwt", "statuslist+jwt"
VCT = "urn:gridpact:equipment:1"
ALGORITHMS = ("Ed25519", "ES256")
CLOCK_SKEW = timedelta(minutes=5)
POWER_W_MAX, CAPACITY_WH_MAX = 100_000_000, 1_000_000_000
TEXT_CHARACTERS_MAX = 200
TEXTS = ("sub", "site", "installer")
DISCLOSABLE = frozenset({"serial", "address"})
CERTIFIED_KINDS = frozenset(DeviceKind) - {DeviceKind.METER}

Jwk = Mapping[str, str]


class IssuerKind(StrEnum):
    """Who may certify equipment."""

    OPERATOR = "operator"
    INSTALLER = "installer"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A registered issuer. id: its ``iss``. jwk: its public key (RFC 7517)."""

    id: str
    kind: IssuerKind
    jwk: Jwk


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of one certificate, W and Wh. list_uri, list_place: where its status stands."""

    issuer: str
    device_id: str
    site_id: str
    kind: DeviceKind
    power_w: int
    capacity_wh: int
    installer: str
    expires: datetime
    list_uri: str
    list_place: int


def read_certificate(
    text: str, issuers: Mapping[str, Issuer], lists: Mapping[str, Mapping[str, Any]], now: datetime
) -> Certificate | list[Fault]:
    """The certificate's facts, or every reason not to believe it.

    issuers: by id. lists: claims of the status lists that are known, by address, as :func:`read_status_list` gives
    them.
    """
    try:
        token, disclosures = parts_of(text)
        claims = disclosed(_signed_claims(token, CERTIFICATE_TYPE, issuers), disclosures)
    except ValueError as broken:
        return [Fault("certificate", "not_believed", str(broken))]
    if faults := _form_faults(claims):
        return faults
    found = _certificate(claims)
    return _time_faults(claims, now) + _status_faults(found, lists, now) or found


def read_status_list(text: str, issuers: Mapping[str, Issuer], now: datetime) -> dict[str, Any] | list[Fault]:
    """The claims of a status list, or every reason not to believe it: ``sub`` is its address, ``iss`` its issuer."""
    try:
        claims = _signed_claims(text.strip(), LIST_TYPE, issuers)
        if not _is_text(claims.get("sub")):
            raise ValueError("sub is missing: the list's address")
        status_at(claims["status_list"], 0)
    except (ValueError, KeyError, TypeError) as broken:
        return [Fault("status list", "not_believed", f"no status list that can be believed: {broken}")]
    return _time_faults(claims, now) or claims


def public_key_faults(jwk: Any) -> list[Fault]:
    """Why this is no public key that certificates can be verified with."""
    form = {"OKP": "Ed25519", "EC": "P-256"}
    try:
        if "d" in jwk:
            raise ValueError("this is a private key: keep it, and send its public half")
        if form.get(jwk["kty"]) != jwk["crv"]:
            raise ValueError("the curve is Ed25519 or P-256")
        _key(jwk)
    except (ValueError, KeyError, TypeError) as broken:
        return [Fault("jwk", "wrong_key", f"no key of an issuer: {broken}")]
    return []


def certificate_of(private: Jwk, claims: Mapping[str, Any], salts: Callable[[], str], hide: Sequence[str] = ()) -> str:
    """A certificate as an issuer's own program signs it. hide: which of ``DISCLOSABLE`` stay in disclosures."""
    payload, disclosures = hidden({"vct": VCT, **claims}, {name: salts() for name in hide})
    return "~".join([signed_token(private, CERTIFICATE_TYPE, payload), *disclosures, ""])


def signed_token(private: Jwk, type_: str, claims: Mapping[str, Any]) -> str:
    """A compact JWS over claims, for issuers' own programs."""
    from joserfc import jws

    header = {"alg": _algorithm(private), "typ": type_}
    return jws.serialize_compact(header, json.dumps(claims), _key(private), algorithms=list(ALGORITHMS))


def _signed_claims(token: str, type_: str, issuers: Mapping[str, Issuer]) -> dict[str, Any]:
    """The claims of a token under its issuer's key. Raises ValueError."""
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        unproved: dict[str, Any] = strict_json(jws.extract_compact(token.encode()).payload.decode())
        issuer = issuers.get(str(unproved.get("iss")))
        if issuer is None:
            raise ValueError(f"no issuer {unproved.get('iss')!r} is registered: gridpact devices issuer")
        proved = jws.deserialize_compact(token, _key(issuer.jwk), algorithms=[_algorithm(issuer.jwk)])
    except (JoseError, AttributeError, UnicodeDecodeError) as broken:
        raise ValueError(f"the signature does not hold: {broken}") from None
    if proved.headers().get("typ") != type_:
        raise ValueError(f"the token's typ is not {type_}")
    return unproved


def _key(jwk: Jwk) -> Any:
    from joserfc.jwk import ECKey, OKPKey

    return (OKPKey if jwk["kty"] == "OKP" else ECKey).import_key(dict(jwk))


def _algorithm(jwk: Jwk) -> str:
    return "Ed25519" if jwk["kty"] == "OKP" else "ES256"


def _form_faults(claims: Mapping[str, Any]) -> list[Fault]:
    """Every claim that the market relies on, in its form."""
    wrong = {
        "vct": claims.get("vct") != VCT,
        "kind": claims.get("kind") not in set(map(str, CERTIFIED_KINDS)),
        "power_w": not _is_whole(claims.get("power_w"), 1, POWER_W_MAX),
        "capacity_wh": not _is_whole(claims.get("capacity_wh", 0), 0, CAPACITY_WH_MAX),
        "exp": not _is_whole(claims.get("exp"), 1, 2**34),
        "status": not _has_status(claims.get("status")),
    }
    wrong |= {name: not _is_text(claims.get(name)) for name in TEXTS}
    wrong |= {name: not _is_text(claims.get(name, "-")) for name in DISCLOSABLE}
    return [Fault(f"certificate:{name}", "wrong_form", f"{name} is missing or wrong") for name in wrong if wrong[name]]


def _is_whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_CHARACTERS_MAX and value.isprintable()


def _has_status(status: Any) -> bool:
    place = status.get("status_list") if isinstance(status, dict) else None
    return isinstance(place, dict) and _is_whole(place.get("idx"), 0, 2**31) and _is_text(place.get("uri"))


def _certificate(claims: Mapping[str, Any]) -> Certificate:
    place = claims["status"]["status_list"]
    return Certificate(
        issuer=claims["iss"],
        device_id=claims["sub"],
        site_id=claims["site"],
        kind=DeviceKind(claims["kind"]),
        power_w=claims["power_w"],
        capacity_wh=claims.get("capacity_wh", 0),
        installer=claims["installer"],
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        list_uri=place["uri"],
        list_place=place["idx"],
    )


def _time_faults(claims: Mapping[str, Any], now: datetime) -> list[Fault]:
    """Outlived, or not good yet; a time that is no whole number is none."""
    at = int(now.timestamp())
    skew_s = int(CLOCK_SKEW.total_seconds())
    faults = []
    if not _is_whole(claims.get("exp", at + 1), at + 1, 2**40):
        faults.append(Fault("exp", "expired", "it has expired, or says no moment when it does"))
    for name in ("nbf", "iat"):
        if not _is_whole(claims.get(name, 0), 0, at + skew_s):
            faults.append(Fault(name, "not_yet", f"{name} lies ahead, or is no moment"))
    return faults


def _status_faults(found: Certificate, lists: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Fault]:
    known = lists.get(found.list_uri)
    if known is None or known.get("iss") != found.issuer or _time_faults(known, now):
        message = f"no status list {found.list_uri} of {found.issuer} is known and in force: gridpact devices status"
        return [Fault("certificate:status", "unknown_status", message)]
    try:
        status = status_at(known["status_list"], found.list_place)
    except ValueError as broken:
        return [Fault("certificate:status", "unknown_status", str(broken))]
    if status != VALID:
        return [Fault("certificate:status", "revoked", f"{found.issuer} took this certificate back")]
    return []
