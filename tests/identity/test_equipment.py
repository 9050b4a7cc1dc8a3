"""Certificates of equipment: believed under a registered issuer's key and list, and under nothing less."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from domain.site import DeviceKind
from identity.equipment import (
    LIST_TYPE,
    Certificate,
    Issuer,
    IssuerKind,
    certificate_of,
    public_key_faults,
    read_certificate,
    read_status_list,
    signed_token,
)
from identity.status_list import list_claims, status_at, statuses_of

NOW = datetime(2026, 5, 20, tzinfo=UTC)
AT = int(NOW.timestamp())
URI = "https://dso.example/status/1"
PRIVATE: dict[str, Any] = OKPKey.generate_key("Ed25519").as_dict(private=True)
OTHER: dict[str, Any] = ECKey.generate_key("P-256").as_dict(private=True)


def public(private: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in private.items() if name != "d"}


ISSUERS = {
    "dso": Issuer("dso", IssuerKind.OPERATOR, public(PRIVATE)),
    "fitter": Issuer("fitter", IssuerKind.INSTALLER, public(OTHER)),
}
CLAIMS: dict[str, Any] = {
    "iss": "dso",
    "sub": "pv-1",
    "site": "S001",
    "kind": "pv",
    "power_w": 4_000,
    "installer": "fitter",
    "serial": "X-77",
    "iat": AT,
    "exp": AT + 1000,
    "status": {"status_list": {"idx": 3, "uri": URI}},
}
LIST: dict[str, Any] = {"iss": "dso", "sub": URI, "iat": AT, "exp": AT + 500, "status_list": list_claims([0] * 8)}


def salt() -> str:
    return "a-salt-of-the-issuer"


def codes(read: Any) -> set[str]:
    assert isinstance(read, list)
    return {fault.code for fault in read}


@pytest.mark.parametrize(("issuer", "private"), [("dso", PRIVATE), ("fitter", OTHER)])
def test_a_certificate_of_a_registered_issuer_is_believed(issuer: str, private: dict[str, Any]) -> None:
    """Ed25519 and ES256; hidden or shown, the facts are the same."""
    lists = {URI: LIST | {"iss": issuer}}
    expected = Certificate(
        issuer, "pv-1", "S001", DeviceKind.PV, 4_000, 0, "fitter", NOW + timedelta(seconds=1000), URI, 3
    )
    text = certificate_of(private, CLAIMS | {"iss": issuer}, salt, hide=["serial"])
    assert read_certificate(text, ISSUERS, lists, NOW) == expected
    hidden = text.split("~")[0] + "~"
    assert read_certificate(hidden, ISSUERS, lists, NOW) == expected


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "nobody"}, "not_believed"),
        ({"iss": "fitter"}, "not_believed"),
        ({"vct": "urn:other"}, "wrong_form"),
        ({"kind": "meter"}, "wrong_form"),
        ({"power_w": True}, "wrong_form"),
        ({"power_w": 0}, "wrong_form"),
        ({"sub": "a\nb"}, "wrong_form"),
        ({"status": {}}, "wrong_form"),
        ({"exp": "tomorrow"}, "wrong_form"),
        ({"exp": AT}, "expired"),
        ({"nbf": AT + 3600}, "not_yet"),
        ({"status": {"status_list": {"idx": 99, "uri": URI}}}, "unknown_status"),
        ({"status": {"status_list": {"idx": 1, "uri": "https://elsewhere"}}}, "unknown_status"),
    ],
)
def test_what_cannot_be_believed_says_why(changed: dict[str, Any], code: str) -> None:
    """Issuer, form, time and status, each with its word."""
    text = certificate_of(PRIVATE, CLAIMS | changed, salt)
    assert codes(read_certificate(text, ISSUERS, {URI: LIST}, NOW)) == {code}


def test_a_certificate_taken_back_is_refused() -> None:
    """The bit of its place says so; a list that has expired says nothing any more."""
    certificate = certificate_of(PRIVATE, CLAIMS, salt)
    taken_back = LIST | {"status_list": list_claims([0, 0, 0, 1, 0, 0, 0, 0])}
    assert codes(read_certificate(certificate, ISSUERS, {URI: taken_back}, NOW)) == {"revoked"}
    assert codes(read_certificate(certificate, ISSUERS, {URI: LIST}, NOW + timedelta(seconds=600))) == {
        "unknown_status"
    }
    assert codes(read_certificate(certificate, ISSUERS, {URI: LIST | {"iss": "fitter"}}, NOW)) == {"unknown_status"}


def test_a_changed_certificate_is_not_believed() -> None:
    """One letter of the payload, another token's type, no algorithm: nothing holds."""
    header, payload, signature = certificate_of(PRIVATE, CLAIMS, salt).removesuffix("~").split(".")
    none = urlsafe_b64encode(b'{"alg":"none","typ":"dc+sd-jwt"}').rstrip(b"=").decode()
    swapped = ("B" if payload[40] == "A" else "A").join([payload[:40], payload[41:]])
    for text in (
        f"{header}.{swapped}.{signature}~",
        f"{none}.{payload}.~",
        f"{none}.{payload}.{signature}~",
        f"{signed_token(PRIVATE, LIST_TYPE, CLAIMS)}~",
        f"{header}.{payload}~",
        "~",
        "日本~",
    ):
        assert codes(read_certificate(text, ISSUERS, {URI: LIST}, NOW)) == {"not_believed"}


def test_a_status_list_is_read_as_it_was_signed() -> None:
    """Signed by its issuer, in time, with an address; anything else is no list."""
    assert read_status_list(signed_token(PRIVATE, LIST_TYPE, LIST), ISSUERS, NOW) == LIST
    for broken, code in (
        (LIST | {"status_list": {"bits": 3, "lst": LIST["status_list"]["lst"]}}, "not_believed"),
        (LIST | {"sub": 7}, "not_believed"),
        ({name: value for name, value in LIST.items() if name != "status_list"}, "not_believed"),
        (LIST | {"exp": AT}, "expired"),
    ):
        assert codes(read_status_list(signed_token(PRIVATE, LIST_TYPE, broken), ISSUERS, NOW)) == {code}


# The two lists that the draft prints, with the bytes they stand for.
@pytest.mark.parametrize(
    ("bits", "packed", "raw", "statuses"),
    [
        (1, "eNrbuRgAAhcBXQ", b"\xb9\xa3", [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
        (2, "eNo76fITAAPfAgc", b"\xc9\x44\xf9", [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
    ],
)
def test_a_list_is_the_one_that_the_draft_prints(bits: int, packed: str, raw: bytes, statuses: list[int]) -> None:
    """Unpacked, read place by place, and packed again."""
    assert statuses_of(bits, packed) == raw
    assert [status_at({"bits": bits, "lst": packed}, at) for at in range(len(statuses))] == statuses
    assert list_claims(statuses, bits) == {"bits": bits, "lst": packed}


@given(st.sampled_from([1, 2, 4, 8]), st.lists(st.integers(0, 255), min_size=1, max_size=50))
def test_every_place_of_a_list_keeps_its_status(bits: int, values: list[int]) -> None:
    """Whatever the width, what is packed is read; beyond the end there is nothing."""
    statuses = [value % (1 << bits) for value in values]
    claims = list_claims(statuses, bits)
    assert [status_at(claims, at) for at in range(len(statuses))] == statuses
    with pytest.raises(ValueError, match="no place"):
        status_at(claims, 8 * len(statuses))


def test_a_list_that_swells_is_cut_off() -> None:
    """A few bytes never become a gigabyte."""
    with pytest.raises(ValueError, match="more than"):
        statuses_of(1, list_claims([0] * (9 * 1024 * 1024))["lst"])


def test_only_public_keys_of_two_curves_are_registered() -> None:
    """A private key is sent back, an unknown curve and nonsense too."""
    assert public_key_faults(public(PRIVATE)) == public_key_faults(public(OTHER)) == []
    x448 = public(OKPKey.generate_key("X25519").as_dict(private=True))
    wrong_ones: list[Any] = [PRIVATE, x448, {"kty": "oct", "k": "AA"}, [], {}, public(PRIVATE) | {"x": "!"}]
    for wrong in wrong_ones:
        assert public_key_faults(wrong) != []
