"""What a passkey answers is believed only when all of it is meant for us."""

from typing import Any

import pytest
from authenticator import CHALLENGE, SITE, Authenticator

from domain.errors import SignInRefused
from identity import passkey
from identity.passkey import NewPasskey


@pytest.fixture(scope="module")
def device() -> Authenticator:
    return Authenticator()


@pytest.fixture(scope="module")
def known(device: Authenticator) -> NewPasskey:
    return passkey.created(SITE, device.make(), CHALLENGE)


def test_a_passkey_is_made_and_signs_in(device: Authenticator, known: NewPasskey) -> None:
    """The answer names its challenge and its credential."""
    device.count = 8
    answer = device.sign()
    assert passkey.challenge_in(answer) == CHALLENGE
    assert passkey.credential_id_in(answer) == known.id == device.id.hex()
    assert passkey.sign_count_of(SITE, answer, CHALLENGE, known.public_key, 7) == 8


HOSTILE: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": bytes(32)},
    "another origin": {"origin": "https://market.example.evil"},
    "plain http": {"origin": "http://market.example"},
    "another relying party": {"rp": "evil.example"},
    "nobody touched it": {"flags": 0x04},
    "nobody was verified": {"flags": 0x01},
}


@pytest.mark.parametrize("change", HOSTILE)
def test_an_answer_for_somebody_else_is_refused(device: Authenticator, known: NewPasskey, change: str) -> None:
    """Origin, relying party, challenge, presence and verification are all looked at."""
    device.count = 8
    with pytest.raises(SignInRefused):
        passkey.sign_count_of(SITE, device.sign(**HOSTILE[change]), CHALLENGE, known.public_key, 7)


@pytest.mark.parametrize("last", [8, 9])
def test_a_counter_that_stands_or_goes_back_is_refused(device: Authenticator, known: NewPasskey, last: int) -> None:
    """Somebody copied the key."""
    device.count = 8
    with pytest.raises(SignInRefused):
        passkey.sign_count_of(SITE, device.sign(), CHALLENGE, known.public_key, last)


@pytest.mark.parametrize("change", [{"challenge": bytes(32)}, {"origin": "https://evil.example"}, {"flags": 0x41}])
def test_a_passkey_made_elsewhere_is_not_kept(change: dict[str, Any]) -> None:
    """Nor one that asks nobody for a finger or a PIN."""
    with pytest.raises(SignInRefused):
        passkey.created(SITE, Authenticator().make(**change), CHALLENGE)


@pytest.mark.parametrize("answer", [{}, {"id": 1, "response": {}}, {"id": "%", "response": {"clientDataJSON": "!"}}])
def test_an_answer_out_of_form_is_refused(answer: dict[str, Any], known: NewPasskey) -> None:
    """Whatever a stranger sends instead."""
    assert passkey.challenge_in(answer) == b""
    with pytest.raises(SignInRefused):
        passkey.sign_count_of(SITE, answer, CHALLENGE, known.public_key, 0)
