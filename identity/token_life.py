"""How long what OAuth hands out is good, and how its kinds begin, so that a found one can be told apart."""

from datetime import timedelta
from enum import StrEnum


class TokenKind(StrEnum):
    """A code is exchanged once, a refresh token once, an access token is shown as often as one likes."""

    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"


PREFIX = {TokenKind.CODE: "gpc_", TokenKind.ACCESS: "gpa_", TokenKind.REFRESH: "gpr_"}
LASTS = {
    TokenKind.CODE: timedelta(minutes=1),
    TokenKind.ACCESS: timedelta(minutes=10),
    TokenKind.REFRESH: timedelta(days=14),
}
GRANT_LASTS = timedelta(days=30)
"""From then on its person is asked again, however often it was refreshed."""
