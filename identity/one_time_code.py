"""One-time codes from a shared secret and the time (TOTP, RFC 6238): HMAC-SHA-1, steps of 30 seconds, six digits.

SHA-1 is what every authenticator app speaks; HMAC needs no collision resistance of it.
"""

import hmac
from base64 import b32encode
from datetime import datetime, timedelta
from urllib.parse import quote

from domain.slot import EPOCH

SECRET_BYTES = 20
STEP = timedelta(seconds=30)
DIGITS = 6
STEPS_OFF_MAX = 1
"""How many steps a phone's clock may be off."""


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step, so many digits."""
    mac = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """The step of a moment, counted from 1970-01-01 UTC; a begun step counts."""
    return (now - EPOCH) // STEP


def matching_step(secret: bytes, said: str, now: datetime) -> int | None:
    """The step whose code was said, None when none near enough has it. Whoever accepts it uses the step up."""
    here = step_at(now)
    near = range(here - STEPS_OFF_MAX, here + STEPS_OFF_MAX + 1)
    matches = [step for step in near if hmac.compare_digest(code(secret, step).encode(), said.encode())]
    return matches[0] if matches else None


def secret_text(secret: bytes) -> str:
    """The secret as authenticator apps take it: base32."""
    return b32encode(secret).decode()


def secret_uri(secret: bytes, login: str) -> str:
    """The secret as the address behind the QR code that authenticator apps read."""
    return f"otpauth://totp/Gridpact:{quote(login)}?secret={secret_text(secret)}&issuer=Gridpact"
