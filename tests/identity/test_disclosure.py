"""The disclosure layer against the examples that RFC 9901 publishes, and against every trick it forbids."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.disclosure import digest_of, disclosed, encoded, hidden, parts_of

# RFC 9901, section 5.1: the disclosures of the simple example, and the digest that it prints for each.
PUBLISHED = {
    "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd": "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
    "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd": "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo",
    "WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ": (
        "JzYjH4svliH0R3PyEMfeZu6Jt69u5qehZo7F7EPYlSE"
    ),
    "WyJlSThaV205UW5LUHBOUGVOZW5IZGhRIiwgInBob25lX251bWJlciIsICIrMS0yMDItNTU1LTAxMDEiXQ": (
        "PorFbpKuVu6xymJagvkFsFXAbRoc2JGlAUA2BA4o7cI"
    ),
    "WyJRZ19PNjR6cUF4ZTQxMmExMDhpcm9BIiwgInBob25lX251bWJlcl92ZXJpZmllZCIsIHRydWVd": (
        "XQ_3kPKt1XyX7KANkqVR6yZ2Va5NrPIvPYbyMvRKBMM"
    ),
    "WyJQYzMzSk0yTGNoY1VfbEhnZ3ZfdWZRIiwgImJpcnRoZGF0ZSIsICIxOTQwLTAxLTAxIl0": (
        "gbOsI4Edq2x2Kw-w5wPEzakob9hV1cRD0ATN3oQL9JM"
    ),
    "WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInVwZGF0ZWRfYXQiLCAxNTcwMDAwMDAwXQ": (
        "CrQe7S5kqBAHt-nMYXgc6bdt2SH5aTY1sU_M-PgkjPI"
    ),
    "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0": "pFndjkZ_VCzmyTa6UjlZo3dh-ko8aIKQc9DlGzhaVYo",
    "WyJuUHVvUW5rUkZxM0JJZUFtN0FuWEZBIiwgIkRFIl0": "7Cf6JkPudry3lcbwHgeZ8khAv1U1OSlerP0VkBJrWZ0",
}
UNITED_STATES, GERMANY = list(PUBLISHED)[-2:]
ADDRESS = "XzFrzwscM6Gn6CJDc6vVK8BkMnfG8vOSKfpPIZdAfdE"  # its disclosure is not shown here: it stays hidden
PAYLOAD = {
    "_sd": sorted([*list(PUBLISHED.values())[:-2], ADDRESS]),
    "iss": "https://issuer.example.com",
    "iat": 1683000000,
    "exp": 1883000000,
    "sub": "user_42",
    "nationalities": [{"...": PUBLISHED[UNITED_STATES]}, {"...": PUBLISHED[GERMANY]}],
    "_sd_alg": "sha-256",
}
SHOWN = {"iss": "https://issuer.example.com", "iat": 1683000000, "exp": 1883000000, "sub": "user_42"}


def test_a_digest_is_the_one_that_the_rfc_prints() -> None:
    """SHA-256 over the disclosure's own text, whatever its white space."""
    assert {each: digest_of(each) for each in PUBLISHED} == PUBLISHED


def test_the_rfcs_simple_example_comes_out_as_printed() -> None:
    """All disclosed, every claim is in its place; the digest of what is not shown leaves no trace."""
    claims = disclosed(PAYLOAD, list(PUBLISHED))
    assert claims == SHOWN | {
        "given_name": "John",
        "family_name": "Doe",
        "email": "johndoe@example.com",
        "phone_number": "+1-202-555-0101",
        "phone_number_verified": True,
        "birthdate": "1940-01-01",
        "updated_at": 1570000000,
        "nationalities": ["US", "DE"],
    }
    assert disclosed(PAYLOAD, [UNITED_STATES]) == SHOWN | {"nationalities": ["US"]}


def written(*entry: Any) -> str:
    return encoded(json.dumps(list(entry)).encode())


INNER, OUTER = written("s", "inner", 1), written("s", "outer", {"_sd": [digest_of(written("s", "inner", 1))]})
SIGNED = {"_sd": [digest_of(OUTER)], "iss": "x"}


def test_a_disclosure_may_hold_digests_of_its_own() -> None:
    """Section 4.2.6: what is inside shows only together with what is around it."""
    assert disclosed(SIGNED, [OUTER, INNER]) == {"iss": "x", "outer": {"inner": 1}}
    assert disclosed(SIGNED, [OUTER]) == {"iss": "x", "outer": {}}
    with pytest.raises(ValueError, match="no digest"):
        disclosed(SIGNED, [INNER])


REPLACES = written("s", "iss", "evil")
RESERVED = written("s", "_sd", ["x"])


@pytest.mark.parametrize(
    ("payload", "disclosures", "says"),
    [
        (SIGNED, [OUTER, OUTER], "twice"),
        (SIGNED, [written("s", "other", 1)], "no digest"),
        ({"_sd": [digest_of(REPLACES)], "iss": "x"}, [REPLACES], "replace"),
        ({"_sd": [digest_of(RESERVED)]}, [RESERVED], "replace"),
        ({"_sd": [digest_of(OUTER), digest_of(OUTER)]}, [], "twice"),
        ({"_sd": [digest_of(UNITED_STATES)]}, [UNITED_STATES], "no name"),
        ({"list": [{"...": digest_of(OUTER)}]}, [OUTER], "with a name"),
        ({"_sd": [7]}, [], "no text"),
        ({"_sd": "abc"}, [], "no list"),
        ({"_sd_alg": "md5"}, [], "md5"),
        (SIGNED, [encoded(b'{"a": 1}')], "a list of"),
        (SIGNED, [encoded(b'["s", "n", {"a": 1, "a": 2}]')], "twice"),
        (SIGNED, [encoded(b"[" * 5000)], "too deep"),
        (SIGNED, ["!!!"], "base64|Incorrect"),
    ],
)
def test_what_the_rfc_forbids_is_worth_nothing(payload: dict[str, Any], disclosures: list[str], says: str) -> None:
    """Section 7.1: reject, do not repair."""
    with pytest.raises(ValueError, match=says):
        disclosed(payload, disclosures)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("token", "plain"),
        ("token~a~key.binding.jwt", "key binding"),
        ("t~" + "a~" * 65, "disclosures"),
        ("t~" + "a" * 70_000 + "~", "characters"),
    ],
)
def test_a_token_in_another_form_is_refused(text: str, says: str) -> None:
    """A plain token, one with a key binding that nobody asked for, and what is too much."""
    with pytest.raises(ValueError, match=says):
        parts_of(text)


@given(
    st.dictionaries(st.text(min_size=1).filter(lambda name: name not in {"_sd", "...", "_sd_alg"}), st.integers()),
    st.randoms(use_true_random=False),
)
def test_what_is_hidden_and_disclosed_again_is_the_same(claims: dict[str, int], chance: Any) -> None:
    """Any subset of the hidden claims comes back, and nothing of the rest."""
    names = [name for name in claims if chance.random() < 0.5]
    payload, disclosures = hidden(claims, {name: f"salt-{at}" for at, name in enumerate(names)})
    assert disclosed(payload, disclosures) == claims
    assert disclosed(payload, []) == {name: value for name, value in claims.items() if name not in names}
