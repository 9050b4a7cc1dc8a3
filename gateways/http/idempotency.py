"""``Idempotency-Key``: the sender's own name of a request, so that sending it again does it once.

What names itself needs none: a reading by its meter's counter, a grid signal by source, id and revision, a decision by
case and person (the second is refused, the first stands). What is shown once (keys, invitations, recovery codes, the
secrets of webhooks) is never kept to be answered again. All others take a key, and services.once does the rest.
"""

from typing import Annotated

from fastapi import Header

NAME = "Idempotency-Key"
FORM = r"^[\x21-\x7e]+$"
CHARACTERS_MAX = 200

Key = Annotated[str, Header(alias=NAME, min_length=1, max_length=CHARACTERS_MAX, pattern=FORM)]
OptionalKey = Annotated[str | None, Header(alias=NAME, min_length=1, max_length=CHARACTERS_MAX, pattern=FORM)]
