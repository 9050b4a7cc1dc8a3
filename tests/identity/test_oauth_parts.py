"""The pure parts of OAuth: redirect addresses, PKCE and proofs of possession."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from identity import pkce
from identity.dpop import SKEW, read_proof, token_digest
from identity.redirect import is_registered, redirect_faults

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
URL = "https://market.example/oauth/token"
KEY = ECKey.generate_key("P-256")
CLAIMS: dict[str, Any] = {"htm": "POST", "htu": URL, "jti": "1", "iat": int(NOW.timestamp())}
VERIFIERS = st.text("ABCxyz019-._~", min_size=43, max_size=128)
REGISTERED = ("https://app.example/back?x=1", "http://127.0.0.1:7777/back", "http://[::1]/back")


def proof(claims: dict[str, Any] = CLAIMS, key: Any = KEY, alg: str = "ES256", **header: Any) -> str:
    """A proof, changed."""
    named = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)} | header
    return jwt.encode(named, claims, key, algorithms=[alg])


@given(VERIFIERS, VERIFIERS)
def test_only_the_verifier_answers_its_challenge(one: str, other: str) -> None:
    """The challenge is the SHA-256 of RFC 7636, and any other verifier fails."""
    challenge = urlsafe_b64encode(hashlib.sha256(one.encode()).digest()).rstrip(b"=").decode()
    assert pkce.is_challenge(challenge)
    assert pkce.answers(one, challenge)
    assert pkce.answers(other, challenge) == (one == other)


def test_the_example_of_the_standard_holds() -> None:
    """RFC 7636, appendix B."""
    assert pkce.answers("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")


@given(st.integers(1, 65_535))
def test_the_port_of_the_own_machine_is_free(port: int) -> None:
    """RFC 8252; the port of no other host is."""
    assert is_registered(f"http://127.0.0.1:{port}/back", REGISTERED)
    assert is_registered(f"http://[::1]:{port}/back", REGISTERED)
    assert not is_registered(f"https://app.example:{port}/back?x=1", REGISTERED)
    assert not is_registered(f"http://127.0.0.1:{port}/other", REGISTERED)


@given(st.text(max_size=60))
def test_no_text_but_a_registered_address_is_taken(text: str) -> None:
    """Whatever is put behind, before or instead of it."""
    for asked in (text, REGISTERED[0] + text, text + REGISTERED[0]):
        assert is_registered(asked, REGISTERED[:1]) == (asked == REGISTERED[0])
    redirect_faults(text, "x")  # never raises


@pytest.mark.parametrize(("key", "alg"), [(KEY, "ES256"), (OKPKey.generate_key("Ed25519"), "Ed25519")])
def test_a_proof_names_its_key(key: Any, alg: str) -> None:
    """By the thumbprint of RFC 7638, for the method, address and moment that it was made for."""
    found = read_proof(proof(key=key, alg=alg), "POST", URL, NOW)
    assert found is not None
    assert (found.key, found.id, found.made_at) == (key.thumbprint(), "1", NOW)
    assert found.too_old_at > NOW + SKEW


def symmetric() -> str:
    """Signed with a secret that the header itself tells."""
    key = OctKey.generate_key(256)
    return jws.serialize_compact({"typ": "dpop+jwt", "alg": "HS256", "jwk": key.as_dict()}, b"{}", key)


def unsigned() -> str:
    """Without a signature."""
    _, body, _ = proof().split(".")
    none = urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"none"}').rstrip(b"=").decode()
    return f"{none}.{body}."


RSA = RSAKey.generate_key(2048)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        "x" * 5_000,
        "ü.ü.ü",
        symmetric(),
        unsigned(),
        proof(typ="JWT"),
        proof(jwk=KEY.as_dict(private=True)),
        proof(jwk=ECKey.generate_key("P-256").as_dict(private=False)),
        proof(jwk={"kty": "EC"}),
        proof(jwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        proof(key=RSA, alg="PS256"),
        proof(CLAIMS | {"htm": "GET"}),
        proof(CLAIMS | {"htu": URL + "/more"}),
        proof(CLAIMS | {"htu": 5}),
        proof(CLAIMS | {"iat": "now"}),
        proof(CLAIMS | {"iat": True}),
        proof(CLAIMS | {"iat": 10**18}),
        proof(CLAIMS | {"iat": int((NOW + SKEW).timestamp()) + 1}),
        proof(CLAIMS | {"iat": int((NOW - SKEW).timestamp()) - 1}),
        proof(CLAIMS | {"jti": ""}),
        proof(CLAIMS | {"jti": "a\x00"}),
        proof(CLAIMS | {"jti": "x" * 500}),
        proof({}),
    ],
)
def test_a_proof_that_does_not_hold_is_none(text: str) -> None:
    """Another key, algorithm, method, address or moment; a secret key inside; anything out of form."""
    assert read_proof(text, "POST", URL, NOW) is None


@given(st.timedeltas(-2 * SKEW, 2 * SKEW))
def test_a_proof_is_about_now(off: timedelta) -> None:
    """A minute either way, not more."""
    assert (read_proof(proof(), "POST", URL, NOW + off) is not None) == (abs(off) <= SKEW)


def test_a_proof_beside_a_token_names_the_token() -> None:
    """So that it cannot be put beside another one."""
    bound = proof(CLAIMS | {"ath": token_digest("gpa_one")})
    assert read_proof(bound, "POST", URL, NOW, "gpa_one") is not None
    assert read_proof(bound, "POST", URL, NOW, "gpa_other") is None
    assert read_proof(proof(), "POST", URL, NOW, "gpa_one") is None
