"""What accounts and sign-in stand on: the steps of the house, chance, and the site that people sign in to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from identity.passkey import Website
from identity.token import Chance
from services.steps import Steps

ACTOR = "accounts"


@dataclass(frozen=True, slots=True)
class Reception:
    """Where people and programs are received. chance: bytes that nobody can guess."""

    steps: Steps
    chance: Chance
    website: Website

    def now(self) -> datetime:
        """The moment, by the house's clock."""
        return self.steps.clock()

    def note(self, tx: Connection, kind: str, account_id: str, by: str, **body: Any) -> None:
        """Write down in the journal what became of an account, and who did it."""
        self.steps.note(tx, ACTOR, f"account.{kind}", account_id, {"by": by, **body})
