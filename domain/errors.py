"""One error tree. The question that decides everything: may the caller try again?

    GridpactError
    ├── RuleBroken            the rule was broken: trying again changes nothing
    │   ├── InputRefused      outside data has faults; carries all of them, not the first
    │   ├── PermissionDenied  this actor may not do this
    │   ├── SignInRefused     what should prove who somebody is does not
    │   ├── GrantRefused      a program's request for access is refused; carries OAuth's word for why
    │   ├── RuleValueUnusable a rule value is missing, expired, of low confidence or in conflict: trading stops
    │   ├── TransitionRefused a contract or case is not in a state that allows this
    │   ├── Conflict          the same key came with other content
    │   ├── Stale             what it was based on has changed meanwhile
    │   └── AuditBroken       a signature, hash, proof or balance does not hold
    └── OutsideFailed         the outside failed: the same call may succeed later
        ├── DatabaseDown      PostgreSQL is not reachable
        ├── StorageFull       a disk refused to take more
        ├── BrokerDown        the message broker does not answer
        ├── ChainDown         the chain does not answer
        ├── DeviceDown        a device in a home does not answer
        └── ModelDown         the language model does not answer

HTTP status codes and exit codes are given to these where they leave the house, never here.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GridpactError(Exception):
    """Whatever Gridpact raises on purpose. The message says what, where and what to do."""


class RuleBroken(GridpactError):
    """A rule of the market, the law or the program was broken. Never retried."""


class PermissionDenied(RuleBroken):
    """This actor has no grant for this action."""


class SignInRefused(RuleBroken):
    """What should prove who somebody is does not. Says neither what was wrong nor whether the account exists.

    wait_s: whole seconds until another attempt is looked at, 0 when at once.
    """

    def __init__(self, message: str, wait_s: int = 0) -> None:
        self.wait_s = wait_s
        super().__init__(message)


class GrantRefused(RuleBroken):
    """A program's request for access is refused. code: OAuth's word for why, for programs, e.g. ``invalid_grant``."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class RuleValueUnusable(RuleBroken):
    """A rule value is missing, expired, of low confidence or in conflict. Trading stops until a person mends it."""


class TransitionRefused(RuleBroken):
    """The state table has no such move."""


class Conflict(RuleBroken):
    """A key that was used before came back with other content."""


class Stale(RuleBroken):
    """A change was based on a version that is no longer in force. Read it again, then decide again."""


class AuditBroken(RuleBroken):
    """A record does not verify: a signature, a hash link, a proof, a balance or a digest."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with outside data.

    where: what a person opens to mend it, e.g. ``readings.csv:12:energy_wh``.
    code: a stable word for programs, e.g. ``wrong_unit``.
    message: what is wrong and what to do, for people.
    """

    where: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class InputRefused(RuleBroken):
    """Outside data has faults: all of them at once, nothing of it was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        assert faults, "an input without faults is not refused"
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class OutsideFailed(GridpactError):
    """Something outside the program failed. The same call may succeed later; nothing was lost."""


class DatabaseDown(OutsideFailed):
    """PostgreSQL does not answer or went away during a transaction."""


class StorageFull(OutsideFailed):
    """A disk refused to take more."""


class BrokerDown(OutsideFailed):
    """The message broker does not start, does not answer, or did not take a message in time."""


class ChainDown(OutsideFailed):
    """The chain does not answer, or did not include a transaction in time."""


class DeviceDown(OutsideFailed):
    """A device in a home does not answer."""


class ModelDown(OutsideFailed):
    """The language model does not answer or answered out of form."""
