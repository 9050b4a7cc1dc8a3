"""The signature of a personal certificate, as on Japan's individual number card (公的個人認証, JPKI).

The chain is verified against roots that the settings name, at this moment, and the signature over the challenge under
the person's certificate. Whether the certificate was revoked says an answer of its authority that comes with the proof
(``gateways.evidence.revocation``); without one nothing is proved.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from domain.errors import Fault, InputRefused
from gateways.evidence.revocation import Freshness, missing, require_good_answer, require_not_listed
from identity.evidence import Evidence, Level, Proof

CHAIN_BYTES_MAX, CERTIFICATES_MAX = 65_536, 6


class JpkiMethod:
    """Believes chains up to the given roots, certificates in PEM, and answers about revocation up to ``age_max`` old.
    Raises InputRefused when the roots are none."""

    name = "jpki"

    def __init__(self, roots: bytes, age_max: timedelta) -> None:
        self._roots, self._age_max = _certificates(roots, "roots"), age_max

    def prove(self, challenge: bytes, proof: Proof, now: datetime) -> Evidence:
        """The evidence of a signature. Raises InputRefused with why it proves nothing."""
        person, *between = _certificates(proof.chain, "chain")
        issuer = self._issuer(person, between, now)
        _require_signing(person)
        if not _holds(person, proof.signature, challenge):
            raise InputRefused(
                [Fault("signature", "wrong_signature", "the signature over the challenge does not hold")]
            )
        status = self._revocation(proof, person, issuer, challenge, now)
        key = person.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Evidence(self.name, Level.SIGNATURE, "", hashlib.sha256(key).hexdigest(), status)

    def _revocation(
        self, proof: Proof, person: x509.Certificate, issuer: x509.Certificate, challenge: bytes, now: datetime
    ) -> str:
        """What is known of it, in words. Raises InputRefused unless something handed in says that it holds."""
        fresh = Freshness(now, self._age_max)
        if proof.ocsp:
            require_good_answer(proof.ocsp, person, issuer, challenge, fresh)
        if proof.crl:
            require_not_listed(proof.crl, person, issuer, fresh)
        said = [name for name, given in (("OCSP", proof.ocsp), ("CRL", proof.crl)) if given]
        if not said:
            raise missing()
        return f"not revoked at {now:%Y-%m-%dT%H:%M:%SZ}, says {' and '.join(said)}"

    def _issuer(self, person: x509.Certificate, between: Sequence[x509.Certificate], now: datetime) -> x509.Certificate:
        """Who issued the person's certificate, at the end of a chain that holds. Raises InputRefused."""
        is_issuer = ExtensionPolicy.permit_all().require_present(
            x509.BasicConstraints, Criticality.AGNOSTIC, _require_issuer
        )
        rules = PolicyBuilder().store(Store(self._roots)).time(now)
        rules = rules.extension_policies(ca_policy=is_issuer, ee_policy=ExtensionPolicy.permit_all())
        try:
            chain = rules.build_client_verifier().verify(person, list(between)).chain
        except VerificationError as broken:
            raise InputRefused([Fault("chain", "not_believed", f"the chain does not hold: {broken}")]) from None
        if len(chain) < 2:
            raise InputRefused([Fault("chain", "not_believed", "a root is no person: begin with the person's own")])
        return chain[1]


def _require_issuer(policy: Policy, certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("a certificate of the chain may issue none")


def _require_signing(person: x509.Certificate) -> None:
    """The person's certificate is for signatures, if it says what it is for."""
    try:
        usage = person.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise InputRefused([Fault("chain", "wrong_use", "the person's certificate is not for signatures")])


def _holds(person: x509.Certificate, signature: bytes, challenge: bytes) -> bool:
    """RSA PKCS #1 v1.5 or ECDSA, both with SHA-256; any other key holds nothing."""
    key = person.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, challenge, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, challenge, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _certificates(pem: bytes, where: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem[:CHAIN_BYTES_MAX])
    except ValueError as broken:
        raise InputRefused([Fault(where, "wrong_form", f"no certificates in PEM: {broken}")]) from None
    if len(found) > CERTIFICATES_MAX:
        raise InputRefused([Fault(where, "too_many", f"at most {CERTIFICATES_MAX} certificates")])
    return found
