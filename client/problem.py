"""What the API refuses or cannot do, as errors: one class a status, each with the problem document (RFC 9457)."""

from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One fault of a request: where, a stable word for programs, words for people."""

    where: str
    code: str
    message: str


class ApiError(Exception):
    """An answer that is no success. type: the stable name of the problem. faults: every fault at once."""

    def __init__(self, status: int, type_: str, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{status}: {detail}")
        self.status, self.type, self.detail, self.faults = status, type_, detail, faults


class NotSignedIn(ApiError):
    """401: nobody known asked."""


class NotAllowed(ApiError):
    """403: whoever asked may not do this."""


class NotFound(ApiError):
    """404: there is no such thing, or none that the asker may see."""


class Conflict(ApiError):
    """409: what is there already speaks against it."""


class Stale(ApiError):
    """412: somebody changed it since it was read; read it again."""


class Refused(ApiError):
    """422: the request has faults, or a rule of the market is against it."""


class TooMany(ApiError):
    """429: later, after as long as the answer said; the client has waited and tried already."""


class Unavailable(ApiError):
    """503: a part that this needs does not answer; the client has tried again already."""


OF_STATUS: dict[int, type[ApiError]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Stale,
    422: Refused,
    429: TooMany,
    503: Unavailable,
}


def error_of(status: int, document: Any) -> ApiError:
    """The error of an answer. document: its JSON, or None when it had none."""
    known = document if isinstance(document, dict) else {}
    found = [each for each in known.get("faults") or [] if isinstance(each, dict)]
    faults = tuple(Fault(*(str(each.get(name, "")) for name in Fault._fields)) for each in found)
    detail = str(known.get("detail") or "the answer says no more")
    return OF_STATUS.get(status, ApiError)(status, str(known.get("type", "about:blank")), detail, faults)
