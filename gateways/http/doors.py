"""What the HTTP door needs of the house, handed in by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateways.http.limits import Limits
from gateways.http.streams import Streams
from gateways.openadr.client import OpenAdrClient
from identity.authorisation import Principal
from identity.credit import CreditTerms
from services.access.reception import Reception
from services.access.vault import Vault
from services.cases.cases import Ballot
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.ports import IdentityMethod, IdentityProvider
from services.rules import Rules
from services.steps import Steps
from services.telling.explaining import Explanation

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Doors:
    """Dependencies of the application.

    audience: the market's name that envelopes must carry. steps: database, keys and clock. decide: writes one
    person's decision of a case, returns its stage. desk: opens the order desk over who takes part now. reception:
    where people and programs sign in. rules: the market's. openadr: OpenADR clients by id. webhook_loopback: whether
    webhooks may lead to this machine. vault: opens the secrets of outside systems. method: how somebody proves who it
    is, by name; it raises RuleBroken when that is not set up here. streams: the open ones. limits: how often one may
    ask, None for as often as one likes. bytes_max, envelopes_max: bounds of one request.
    """

    audience: str
    time: MarketTime
    steps: Steps
    decide: Callable[[Principal, Ballot], int]
    desk: Callable[[], Desk]
    reception: Reception
    rules: Rules
    openadr: Mapping[str, OpenAdrClient] = field(default_factory=dict)
    webhook_loopback: bool = False
    streams: Streams = field(default_factory=Streams)
    limits: Limits | None = None
    explain: Callable[[str, int, str], Explanation] | None = None
    provider: IdentityProvider | None = None
    vault: Callable[[], Vault] | None = None
    method: Callable[[str], IdentityMethod] | None = None
    bytes_max: int = 8 * 1024 * 1024
    envelopes_max: int = 10_000
    version: str = VERSION

    def credit(self) -> CreditTerms:
        """What the rules of today say of members' credit. Raises RuleValueUnusable."""
        return self.rules.of(self.steps.clock().astimezone(self.time.zone).date()).credit
