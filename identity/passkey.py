"""Passkeys (WebAuthn level 3): the site's challenge signed by a key that never leaves its owner's device.

User verification (a finger, a face, a PIN on the device) is always asked for, so a passkey alone is two factors.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from domain.errors import SignInRefused
from domain.nesting import nested_too_deep

CHALLENGE_BYTES = 32
REFUSED = "the passkey's answer does not hold"


@dataclass(frozen=True, slots=True)
class Website:
    """Where people sign in. origin: scheme, host and port as browsers tell it, e.g. ``https://market.example``."""

    origin: str

    @property
    def host(self) -> str:
        """The host alone, which passkeys are bound to."""
        return urlsplit(self.origin).hostname or ""

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it over https."""
        return urlsplit(self.origin).scheme == "https"


class NewPasskey(NamedTuple):
    """A passkey that was just made. id: the credential's id in hex."""

    id: str
    public_key: bytes
    sign_count: int


def creation_options(
    website: Website, account_id: str, login: str, challenge: bytes, known: Sequence[str]
) -> dict[str, Any]:
    """What ``navigator.credentials.create`` takes. known: ids of passkeys the account has."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=website.host,
        rp_name="Gridpact",
        user_name=login,
        user_id=account_id.encode(),
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(bytes.fromhex(id_)) for id_ in known],
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def request_options(website: Website, challenge: bytes) -> dict[str, Any]:
    """What ``navigator.credentials.get`` takes. It names no account: the device knows whose passkeys it holds."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=website.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def created(website: Website, answer: Mapping[str, Any], challenge: bytes) -> NewPasskey:
    """The passkey that a device made. Raises SignInRefused when the answer is not to this challenge of this site."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=website.host,
            expected_origin=website.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise SignInRefused(REFUSED) from wrong
    return NewPasskey(found.credential_id.hex(), found.credential_public_key, found.sign_count)


def sign_count_of(
    website: Website, answer: Mapping[str, Any], challenge: bytes, public_key: bytes, last_count: int
) -> int:
    """The device's new count when its answer holds. Raises SignInRefused, also when the count went back: a copy."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=website.host,
            expected_origin=website.origin,
            credential_public_key=public_key,
            credential_current_sign_count=last_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise SignInRefused(REFUSED) from wrong
    return found.new_sign_count


def challenge_in(answer: Mapping[str, Any]) -> bytes:
    """The challenge that an answer claims to answer, empty when it is out of form. Nothing is verified here."""
    try:
        text = urlsafe_b64decode(answer["response"]["clientDataJSON"] + "==").decode()
        return b"" if nested_too_deep(text) else urlsafe_b64decode(json.loads(text)["challenge"] + "==")
    except (KeyError, TypeError, ValueError):
        return b""


def credential_id_in(answer: Mapping[str, Any]) -> str:
    """The id of the credential that answers, in hex, empty when it is out of form."""
    try:
        return urlsafe_b64decode(answer["id"] + "==").hex()
    except (KeyError, TypeError, ValueError):
        return ""
