"""The keys the house itself signs with: one Ed25519 key per actor, and one secp256k1 key for the chain.

They live in one file that only its owner may read. A demonstration derives them from its seed instead, so that two
runs compare; such a ring says so in its file and is replaced by the next seed. A ring made of chance never is.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import AuditBroken, Conflict, PermissionDenied

OPERATOR, SEALER = "chain-operator", "sealing"
KEY_BYTES = 32
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
CHANCE = "chance"


def seeded_secret(seed: int, name: str) -> bytes:
    """32 bytes that depend on seed and name only. For demonstrations: whoever knows the seed knows the key."""
    return hashlib.sha256(f"gridpact demonstration key/{seed}/{name}".encode()).digest()


def seeded_key(seed: int, name: str) -> Ed25519PrivateKey:
    """A demonstration key, e.g. of one simulated meter."""
    return Ed25519PrivateKey.from_private_bytes(seeded_secret(seed, name))


def key_id(public_key: bytes) -> str:
    """A public key's short name: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


class Signers(Protocol):
    """Who signs as an actor, and shows no key."""

    def sign(self, actor: str, message: bytes) -> bytes:
        """The actor's Ed25519 signature, 64 bytes."""

    def public(self, actor: str) -> bytes:
        """The actor's raw public key, 32 bytes."""

    def publics(self) -> dict[str, bytes]:
        """The public key of every actor met so far, the chain operator apart."""


class AgentSigners:
    """What agents get of a key ring: calls that sign, and nothing that leads to a key or to what follows from one."""

    __slots__ = ("public", "publics", "sign")

    def __init__(self, keys: Signers) -> None:
        def _sign(actor: str, message: bytes) -> bytes:
            if actor == SEALER:
                raise PermissionDenied("what seals secrets signs nothing for agents")
            return keys.sign(actor, message)

        self.sign: Callable[[str, bytes], bytes] = _sign
        self.public: Callable[[str], bytes] = lambda actor: keys.public(actor)
        self.publics: Callable[[], dict[str, bytes]] = lambda: keys.publics()


class KeyRing:
    """The actors' keys, made when first asked for and kept in the file ``path`` (mode 0600).

    seed: derive every key from it. Raises Conflict when ``path`` holds a ring made of chance and a seed is given,
    AuditBroken when the file cannot be read as a ring.
    """

    def __init__(self, path: Path, seed: int | None = None) -> None:
        self._path = path
        self._seed = seed
        self._origin = CHANCE if seed is None else f"seed {seed}: demonstration, not secret"
        self._secrets = self._kept()
        self._signers: dict[str, Ed25519PrivateKey] = {}

    def sign(self, actor: str, message: bytes) -> bytes:
        """The actor's Ed25519 signature, 64 bytes."""
        return self._signer(actor).sign(message)

    def public(self, actor: str) -> bytes:
        """The actor's raw public key, 32 bytes."""
        return self._signer(actor).public_key().public_bytes_raw()

    def publics(self) -> dict[str, bytes]:
        """The public key of every actor met so far, the chain operator apart."""
        return {actor: self.public(actor) for actor in sorted(self._secrets) if actor != OPERATOR}

    def operator_key(self) -> bytes:
        """The secp256k1 private key that signs chain transactions, 32 bytes."""
        secret = self._secret(OPERATOR)
        if not 0 < int.from_bytes(secret) < SECP256K1_ORDER:
            raise AuditBroken(f"the chain operator's key in {self._path} is not a secp256k1 key: take another seed")
        return secret

    def drawn(self, name: str) -> bytes:
        """32 bytes for a new secret that is kept elsewhere: chance, or what the seed makes of ``name``."""
        return os.urandom(KEY_BYTES) if self._seed is None else seeded_secret(self._seed, name)

    def _signer(self, actor: str) -> Ed25519PrivateKey:
        if actor not in self._signers:
            self._signers[actor] = Ed25519PrivateKey.from_private_bytes(self._secret(actor))
        return self._signers[actor]

    def _secret(self, name: str) -> bytes:
        if name not in self._secrets:
            with self._locked():
                self._secrets = self._kept() | self._secrets  # another process may have met actors meanwhile
                if name not in self._secrets:
                    made = os.urandom(KEY_BYTES) if self._seed is None else seeded_secret(self._seed, name)
                    self._secrets[name] = made
                    self._keep()
        return self._secrets[name]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time writes the ring; the lock goes with the process."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def _kept(self) -> dict[str, bytes]:
        if not self._path.exists():
            return {}
        try:
            ring = json.loads(self._path.read_text())
            origin, secrets = ring["origin"], {name: bytes.fromhex(secret) for name, secret in ring["keys"].items()}
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise AuditBroken(f"{self._path} is not a key ring; restore it from a backup ({error})") from error
        if self._seed is None:
            self._origin = origin
            self._seed = _seed_in(origin)
            return secrets
        if origin == CHANCE:
            raise Conflict(f"{self._path} holds real keys; a demonstration needs a data directory of its own")
        return secrets if origin == self._origin else {}

    def _keep(self) -> None:
        """Written aside and renamed, so that a crash leaves the old ring or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(self._path.name + ".new")
        ring = {"origin": self._origin, "keys": {name: key.hex() for name, key in sorted(self._secrets.items())}}
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(ring, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)


def _seed_in(origin: str) -> int | None:
    return None if origin == CHANCE else int(origin.removeprefix("seed ").split(":")[0])
