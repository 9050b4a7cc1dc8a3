"""What the market needs of the world.

Chain: the EVM in process, any EVM over JSON-RPC. Writer: an OpenAI-compatible model, a template. Homes: simulated
homes, or real ones, whose hubs ask by themselves (home_setpoints.py). Forecaster: the learnt model so far.
SignalSource: signed HTTP, OpenADR 3.1 and 2.0b. IdentityMethod: papers that somebody looked at, the signature of a
personal certificate. IdentityProvider: any OpenID Connect provider.
"""

from datetime import datetime
from typing import Any, Protocol

from domain.grid_signal import GridSignal
from domain.order import Column
from forecasting.model import Forecast
from identity.evidence import Evidence, Proof


class Chain(Protocol):
    """Where roots and approvals are recorded. Every call is idempotent. Raises ChainDown, Conflict."""

    @property
    def chain_id(self) -> int: ...
    def commit_root(self, slot: int, root: bytes) -> dict[str, Any]: ...
    def record_approval(self, digest: str, decision: str) -> dict[str, Any]: ...
    def root_of(self, slot: int) -> bytes | None: ...
    def decision_of(self, digest: str) -> str | None: ...
    def verify(self, slot: int, digest: str, proof: list[bytes]) -> bool: ...


class Homes(Protocol):
    """Where set-points go. The same slot and site may be sent again with the same content."""

    def dispatch(self, slot: int, setpoints: dict[str, tuple[int, int]], charges: dict[str, tuple[int, int]]) -> None:
        """Wh to charge and to discharge in a slot, by site: of batteries on top of self-consumption, of vehicles all
        they do; a vehicle of which nothing is said charges by habit."""

    def place_loads(self, first_slot: int, placed: dict[str, dict[int, int]]) -> None:
        """When the loads run that the day of ``first_slot`` placed: Wh by slot, by the id of the load's order."""


class Writer(Protocol):
    """Who puts cases and trades into words. Never decides, never computes. Raises ModelDown."""

    @property
    def name(self) -> str: ...
    def summarise_case(self, case: dict[str, Any], language: str) -> str: ...
    def explain_trade(self, facts: dict[str, Any], language: str) -> str: ...
    def word_clause(self, facts: dict[str, Any], language: str) -> str: ...


class Forecaster(Protocol):
    """Expectations of the community, quantiles and mean. load_wh, pv_wh: shape (sites, known slots), int64, Wh, -1
    where nothing is known, from ``first_known_slot`` on; nothing after them is asked for."""

    def forecast(self, load_wh: Column, pv_wh: Column, first_known_slot: int, first_slot: int, slots: int) -> Forecast:
        """``slots`` slots from ``first_slot`` on."""

    def baseline(self, load_wh: Column, first_known_slot: int, first_slot: int) -> Column:
        """The seasonal P10, P50, P90 of use in ``first_slot``. Shape (3, sites), int64, Wh."""


class IdentityMethod(Protocol):
    """How a person or firm proves who it is. Keeps nothing itself."""

    @property
    def name(self) -> str: ...

    def prove(self, challenge: bytes, proof: Proof, now: datetime) -> Evidence:
        """What the proof shows. Raises InputRefused when it shows nothing."""


class SignalSource(Protocol):
    """Where grid signals come from: a grid operator in its own protocol, or somebody between."""

    def signals(self) -> list[GridSignal]:
        """All that it says now, signed; what was said before may come again. Raises InputRefused, OutsideFailed."""


class IdentityProvider(Protocol):
    """Who else people may sign in with. Raises OutsideFailed when it does not answer as one."""

    @property
    def issuer(self) -> str: ...
    def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Whereto the browser goes, to come back to ``redirect`` with a code."""

    def subject(self, code: str, redirect: str, nonce: str, verifier: str) -> str | None:
        """Whom it saw a moment ago, None when what it says does not hold."""
