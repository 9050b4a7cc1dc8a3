"""``Idempotency-Key``: the sender's own name of a request, so that sending it again does it once.

What names itself needs none: what is put under its own id, a reading by its meter's counter, a grid signal by source,
id and revision, a decision by case and person (the second is refused, the first stands). What is shown once (keys,
invitations, recovery codes, the secrets of webhooks) is never kept to be answered again, and sealing the vault anew
twice does no harm. All others take a key, and services.once does the rest.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header

from identity.authorisation import Principal
from services.once import Asked, once_as_asked
from services.steps import Output, Steps

NAME = "Idempotency-Key"
FORM = r"^[\x21-\x7e]+$"
CHARACTERS_MAX = 200

Key = Annotated[str, Header(alias=NAME, min_length=1, max_length=CHARACTERS_MAX, pattern=FORM)]
OptionalKey = Annotated[str | None, Header(alias=NAME, min_length=1, max_length=CHARACTERS_MAX, pattern=FORM)]


def once_by_key(
    steps: Steps, asker: Principal, kind: str, key: str, content: Any, work: Callable[[Steps], Output]
) -> Output:
    """Do ``work`` once under the asker's key. content: what is asked, as plain JSON. Raises as services.once does."""
    asked = Asked(f"api:{asker.party}:{kind}:{key}", key, content)
    return once_as_asked(steps, asked, kind, work)
