"""What an approver signs of a case: typed data after EIP-712, under a secp256k1 key of its own.

The digest binds market, case, stage, who speaks, what is said and why, the hash of the evidence that was shown, and
until when it counts. Whoever holds the address can check it with any wallet's tools. Source: EIP-712, EIP-2 (the
lower half of s, which the library makes).
"""

from dataclasses import dataclass

from sha3 import keccak_256

DOMAIN_TYPE = "EIP712Domain(string name,string version,bytes32 salt)"
NAME, VERSION = "Gridpact case decision", "1"
FIELDS = (
    ("string", "caseId"),
    ("uint256", "stage"),
    ("string", "account"),
    ("string", "party"),
    ("string", "expertise"),
    ("string", "verdict"),
    ("string", "reasonCode"),
    ("string", "reason"),
    ("bytes32", "evidence"),
    ("uint256", "atMicroseconds"),
    ("uint256", "expiresMicroseconds"),
)
TYPE = f"Decision({','.join(f'{kind} {name}' for kind, name in FIELDS)})"
SIGNATURE_BYTES = 65
RECOVERY_OFFSET = 27


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision as it is signed. Moments in microseconds since 1970. evidence: 32 bytes. expertise: for which of
    those asked it speaks, divided by commas."""

    market: str
    case_id: str
    stage: int
    account: str
    party: str
    expertise: str
    verdict: str
    reason_code: str
    reason: str
    evidence: bytes
    at_us: int
    expires_us: int

    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        said: tuple[str | int | bytes, ...] = (
            self.case_id,
            self.stage,
            self.account,
            self.party,
            self.expertise,
            self.verdict,
            self.reason_code,
            self.reason,
            self.evidence,
            self.at_us,
            self.expires_us,
        )
        struct = _keccak(TYPE.encode()) + b"".join(map(_word, said))
        return _keccak(b"\x19\x01" + self._domain() + _keccak(struct))

    def _domain(self) -> bytes:
        words: tuple[str | bytes, ...] = (NAME, VERSION, _keccak(self.market.encode()))
        return _keccak(_keccak(DOMAIN_TYPE.encode()) + b"".join(map(_word, words)))


def address_of(secret: bytes) -> str:
    """The address of a private key, 0x and 40 hex digits, lower case."""
    from coincurve import PrivateKey

    return _address(PrivateKey(secret).public_key.format(compressed=False))


def sign(secret: bytes, digest: bytes) -> bytes:
    """The signature of one digest: r, s, and 27 or 28; 65 bytes, the same every time."""
    from coincurve import PrivateKey

    signed = PrivateKey(secret).sign_recoverable(digest, hasher=None)
    return signed[:-1] + bytes([signed[-1] + RECOVERY_OFFSET])


def is_signed_by(address: str, digest: bytes, signature: bytes) -> bool:
    """Whether a signature of the digest is that address's. False, too, for what is no signature."""
    from coincurve import PublicKey

    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (RECOVERY_OFFSET, RECOVERY_OFFSET + 1):
        return False
    plain = signature[:-1] + bytes([signature[-1] - RECOVERY_OFFSET])
    try:
        found = PublicKey.from_signature_and_message(plain, digest, hasher=None)
    except ValueError:
        return False
    return _address(found.format(compressed=False)) == address


def _address(public: bytes) -> str:
    return "0x" + _keccak(public[1:])[-20:].hex()


def _word(value: str | int | bytes) -> bytes:
    """One member of a struct as EIP-712 encodes it: text by its hash, whole numbers and 32 bytes as they are."""
    if isinstance(value, str):
        return _keccak(value.encode())
    return value.to_bytes(32) if isinstance(value, int) else value


def _keccak(content: bytes) -> bytes:
    return bytes(keccak_256(content).digest())
