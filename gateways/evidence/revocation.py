"""Whether a personal certificate was taken back: its authority's answer (OCSP, RFC 6960) or list (CRL, RFC 5280).

Nothing is asked over a network: the answer comes with the proof. It is believed only under the key of the authority
that issued the certificate, or of a responder that this authority names; fresh; and, where it bears a nonce, made for
this very challenge. Whoever brings no answer that says "good" is refused and told what to bring.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from domain.errors import Fault, InputRefused

ANSWER_BYTES_MAX, LIST_BYTES_MAX = 65_536, 4 * 1024 * 1024
SKEW = timedelta(minutes=5)
HASHES = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""SHA-1 names certificates in OCSP (RFC 6960, 4.1.1); it signs nothing here."""


class Freshness(NamedTuple):
    """now: of the judgement. age_max: how old an answer may be."""

    now: datetime
    age_max: timedelta


def nonce_of(challenge: bytes) -> bytes:
    """The nonce that an OCSP request for this challenge bears: its SHA-256, 32 bytes."""
    return hashlib.sha256(challenge).digest()


def require_good_answer(
    answer: bytes, person: x509.Certificate, issuer: x509.Certificate, challenge: bytes, fresh: Freshness
) -> None:
    """Raises InputRefused unless an OCSP response in DER says that the certificate is good."""
    try:
        found = ocsp.load_der_ocsp_response(answer[:ANSWER_BYTES_MAX])
        if found.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _refused("unknown", f"the authority answered {found.response_status.name}: ask again")
        _require_signed(found, issuer, fresh.now)
        single = _about(found, person, issuer)
        _require_nonce(found, challenge)
    except (ValueError, UnsupportedAlgorithm) as broken:
        raise _refused("wrong_form", f"no OCSP response that can be read: {broken}") from None
    _require_fresh(single.this_update_utc, single.next_update_utc, fresh)
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        raise _refused("revoked", "the authority took this certificate back: prove it by papers, or with a new one")
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise _refused("unknown", "the authority does not know this certificate: prove it by papers")


def require_not_listed(listed: bytes, person: x509.Certificate, issuer: x509.Certificate, fresh: Freshness) -> None:
    """Raises InputRefused unless a CRL of the issuer, in DER, is fresh and does not name the certificate."""
    try:
        found = x509.load_der_x509_crl(listed[:LIST_BYTES_MAX])
        is_issuers = found.issuer == issuer.subject and found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        is_issuers = is_issuers and not isinstance(found.signature_hash_algorithm, hashes.SHA1)
        named = found.get_revoked_certificate_by_serial_number(person.serial_number)
        partial = any(each.critical for each in found.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm) as broken:
        raise _refused("wrong_form", f"no list of revoked certificates that can be read: {broken}") from None
    if not is_issuers:
        raise _refused("wrong_issuer", "this list is not signed by the authority that issued the certificate")
    if partial:
        raise _refused("partial", "this list covers a part of the certificates only: bring the whole one")
    _require_fresh(found.last_update_utc, found.next_update_utc, fresh)
    if named is not None:
        raise _refused("revoked", "the authority took this certificate back: prove it by papers, or with a new one")


def missing() -> InputRefused:
    """What is said to who brings neither."""
    return _refused(
        "not_asked",
        "whether this certificate was revoked is not known: hand in its authority's OCSP response (--ocsp) or its list "
        "of revoked certificates (--crl)",
    )


def _about(found: ocsp.OCSPResponse, person: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPSingleResponse:
    """The one answer that is about this certificate of this issuer."""
    for each in found.responses:
        if not isinstance(each.hash_algorithm, HASHES):
            continue
        asked = ocsp.OCSPRequestBuilder().add_certificate(person, issuer, each.hash_algorithm).build()
        named = (asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash)
        if (each.serial_number, each.issuer_name_hash, each.issuer_key_hash) == named:
            return each
    raise _refused("other_certificate", "this answer is about another certificate")


def _require_signed(found: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """Signed by the issuer, or by a responder whose certificate the issuer signed for exactly that."""
    for key in (issuer, *(each for each in found.certificates if _may_answer(each, issuer, now))):
        if _holds(key, found):
            return
    raise _refused("wrong_issuer", "this answer is not signed by the authority that issued the certificate")


def _may_answer(responder: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        responder.verify_directly_issued_by(issuer)
        purposes: Sequence[x509.ObjectIdentifier] = list(
            responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        )
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    in_time = responder.not_valid_before_utc <= now <= responder.not_valid_after_utc
    return in_time and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _holds(signer: x509.Certificate, found: ocsp.OCSPResponse) -> bool:
    """RSA PKCS #1 v1.5 or ECDSA, with SHA-256 or longer."""
    key, algorithm = signer.public_key(), found.signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.SHA1):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(found.signature, found.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(found.signature, found.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _require_nonce(found: ocsp.OCSPResponse, challenge: bytes) -> None:
    """An answer that bears a nonce was made for one request; one of another challenge is played again."""
    try:
        nonce = found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if nonce != nonce_of(challenge):
        raise _refused("other_nonce", "this answer was made for another request: ask again, with the challenge's nonce")


def _require_fresh(made: datetime, until: datetime | None, fresh: Freshness) -> None:
    if made > fresh.now + SKEW:
        raise _refused("not_yet", "this answer lies ahead: look at both clocks")
    if fresh.now - made > fresh.age_max or (until is not None and until < fresh.now):
        minutes = int(fresh.age_max.total_seconds()) // 60
        raise _refused("too_old", f"this answer is too old: it may be {minutes} minutes old and must not have expired")


def _refused(code: str, message: str) -> InputRefused:
    return InputRefused([Fault("revocation", code, message)])
