"""The vault: secrets of banks, exchanges, model endpoints and other outside systems, set once and never shown again.

Nobody is handed a secret. Whoever needs one hands in what is to be done with it, and gets back what that returns; an
error that would carry the secret out is replaced by one that does not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from domain.errors import Fault, InputRefused, OutsideFailed, RuleBroken, Stale
from identity.vault import MasterKeys
from memory.access import vault_secrets
from memory.access.vault_secrets import SealedSecret
from services.opening import RULES
from services.steps import Steps

Result = TypeVar("Result")
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
SECRET_CHARACTERS_MAX = 16_384


class Listed(NamedTuple):
    """What may be said of a secret."""

    name: str
    version: int
    key_id: str
    set_at: datetime
    set_by: str
    used_at: datetime | None


def _any(known: Listed | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Vault:
    """Secrets in one database under the master keys of one file."""

    steps: Steps
    keys: MasterKeys

    def put(self, name: str, secret: str, by: str, may_follow: Callable[[Listed | None], bool] = _any) -> int:
        """Set a secret; its version, from 1. may_follow: whether what is there is what the asker saw, None for nothing.

        Raises InputRefused, without repeating what was said; Stale when it may not follow.
        """
        if faults := _faults(name, secret):
            raise InputRefused(faults)
        with self.steps.database.begin("vault-set") as tx:
            known = vault_secrets.all(tx).get(name)
            if not may_follow(_listed(known) if known else None):
                raise Stale(f"{name} was set by somebody else meanwhile: read it again, then change it")
            version = known.version + 1 if known else 1
            key, sealed = self.keys.seal(name, version, secret)
            vault_secrets.put(tx, SealedSecret(name, version, key, sealed, self.steps.clock(), by))
            self.steps.note(tx, RULES, "vault.set", name, {"version": version, "by": by})
        return version

    def listed(self) -> list[Listed]:
        """What is in the vault, by name; no secret and nothing that follows from one."""
        with self.steps.database.begin("vault") as tx:
            found = vault_secrets.all(tx).values()
        return [_listed(each) for each in found]

    def holds(self, name: str) -> bool:
        """Whether there is a secret of this name."""
        return name in {each.name for each in self.listed()}

    def use(self, name: str, work: Callable[[str], Result]) -> Result:
        """What ``work`` makes of a secret. Raises RuleBroken when there is none of this name.

        An error whose words would tell the secret becomes OutsideFailed without them.
        """
        with self.steps.database.begin("vault") as tx:
            found = vault_secrets.all(tx).get(name)
            if found is not None:
                vault_secrets.put(tx, replace(found, used_at=self.steps.clock()))
        if found is None:
            raise RuleBroken(f"the vault holds no {name}: gridpact vault set {name}")
        secret = self.keys.unseal(name, found.version, found.key_id, found.sealed)
        try:
            return work(secret)
        except Exception as failed:
            if secret in f"{failed} {failed!r}":
                raise OutsideFailed(f"what was done with {name} failed: {type(failed).__name__}") from None
            raise

    def rotate(self, by: str) -> int:
        """Seal every secret under a new master key; how many. The file keeps the old key until all are."""
        self.keys.renew()
        with self.steps.database.begin("vault-rotate") as tx:
            found = vault_secrets.all(tx).values()
            for each in found:
                secret = self.keys.unseal(each.name, each.version, each.key_id, each.sealed)
                key, sealed = self.keys.seal(each.name, each.version, secret)
                vault_secrets.put(tx, replace(each, key_id=key, sealed=sealed))
            self.steps.note(tx, RULES, "vault.rotated", self.keys.current_id, {"secrets": len(found), "by": by})
        self.keys.forget_former()
        return len(found)


def _listed(secret: SealedSecret) -> Listed:
    return Listed(secret.name, secret.version, secret.key_id, secret.set_at, secret.set_by, secret.used_at)


def _faults(name: str, secret: str) -> list[Fault]:
    faults = []
    if not NAME.fullmatch(name):
        faults.append(Fault("NAME", "wrong_form", "a name has lower-case letters, digits, _ . and -, at most 64"))
    if not 0 < len(secret) <= SECRET_CHARACTERS_MAX:
        faults.append(Fault("secret", "wrong_form", f"a secret has 1 to {SECRET_CHARACTERS_MAX} characters"))
    return faults
