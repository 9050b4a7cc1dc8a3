"""Who is asking: a bearer token names a person, and nothing else does.

Only the token's SHA-256 is known here; comparing it in constant time is not needed, because a guess of 32 random
bytes is not helped by knowing how far it matched a hash.
"""

import hashlib

from fastapi import Request

from gateways.http.doors import Doors
from gateways.http.problem import Refused


def person_of(request: Request) -> str:
    """The id of the person whose token came with the request. Raises Refused 401."""
    doors: Doors = request.app.state.doors
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = doors.people.get(hashlib.sha256(token.encode()).hexdigest()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(401, "who_are_you", "send a known bearer token", {"WWW-Authenticate": "Bearer"})
    return found
