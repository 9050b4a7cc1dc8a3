"""Secrets that must be read again, such as what one-time codes are made from, lie sealed in the database.

AES-256-GCM under a key that follows from the house's key ring and stands in no database: a stolen copy of the tables
makes no codes. The name of whom it is for is bound in, so that a sealed secret cannot be moved to another account.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.keys import SEALER, Signers
from identity.token import Chance

PURPOSE = b"gridpact-sealing-1"
NONCE_BYTES = 12


def seal(keys: Signers, chance: Chance, secret: bytes, whose: str) -> bytes:
    """The secret sealed for one account."""
    nonce = chance(NONCE_BYTES)
    return nonce + _cipher(keys).encrypt(nonce, secret, whose.encode())


def unseal(keys: Signers, sealed: bytes, whose: str) -> bytes:
    """What was sealed. Raises InvalidTag when it was altered or is another's."""
    return _cipher(keys).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], whose.encode())


def _cipher(keys: Signers) -> AESGCM:
    # An Ed25519 signature is a function of key and message that nobody without the key can compute.
    return AESGCM(hashlib.sha256(keys.sign(SEALER, PURPOSE)).digest())
