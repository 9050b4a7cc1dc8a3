"""Secrets of outside systems under a master key that lies in a file of its own, in no database and no backup of one.

AES-256-GCM; the secret's name and version are bound in, so that no sealed secret can stand for another. The file holds
the key that seals and, while secrets are sealed anew, those before it: a crash in between loses nothing.
"""

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import AuditBroken, RuleBroken
from identity.keys import KEY_BYTES, key_id
from identity.token import Chance

NONCE_BYTES = 12


class MasterKeys:
    """The keys of the file ``path`` (mode 0600), the one that seals last. Shows none of them.

    Raises AuditBroken when the file is no list of keys.
    """

    def __init__(self, path: Path, chance: Chance) -> None:
        self._path, self._chance = path, chance
        self._keys = self._kept()

    def __repr__(self) -> str:
        return f"MasterKeys({str(self._path)!r}, {len(self._keys)} keys)"

    @property
    def current_id(self) -> str:
        """The name of the key that seals; one is made when there is none yet."""
        if not self._keys:
            self.renew()
        return key_id(self._keys[-1])

    def renew(self) -> None:
        """Make a new key that seals from now on; the ones before it still open."""
        self._write([*self._keys, self._chance(KEY_BYTES)])

    def forget_former(self) -> None:
        """Keep only the key that seals: what was not sealed anew is lost."""
        self._write(self._keys[-1:])

    def seal(self, name: str, version: int, secret: str) -> tuple[str, bytes]:
        """The sealed secret, and the name of the key it is sealed under."""
        named, nonce = self.current_id, self._chance(NONCE_BYTES)
        return named, nonce + AESGCM(self._keys[-1]).encrypt(nonce, secret.encode(), _bound(name, version))

    def unseal(self, name: str, version: int, key: str, sealed: bytes) -> str:
        """The secret. Raises RuleBroken when its key is not in the file, AuditBroken when it was altered."""
        found = next((each for each in self._keys if key_id(each) == key), None)
        if found is None:
            raise RuleBroken(f"{self._path} does not hold the key {key} that {name} is sealed under: restore the file")
        try:
            return AESGCM(found).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(name, version)).decode()
        except InvalidTag:
            raise AuditBroken(f"the secret {name} was altered, or is another's: set it again") from None

    def _kept(self) -> list[bytes]:
        if not self._path.exists():
            return []
        try:
            keys = [bytes.fromhex(each) for each in json.loads(self._path.read_text())["keys"]]
        except (ValueError, KeyError, TypeError):
            keys = []
        if not keys or any(len(each) != KEY_BYTES for each in keys):
            raise AuditBroken(f"{self._path} holds no master key; restore it from a backup")
        return keys

    def _write(self, keys: list[bytes]) -> None:
        """Written aside and renamed, so that a crash leaves the old file or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(self._path.name + ".new")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"keys": [each.hex() for each in keys]}, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)
        self._keys = keys


def _bound(name: str, version: int) -> bytes:
    return f"gridpact-vault-1/{version}/{name}".encode()
