"""The line to an OpenADR 2.0b VTN: HTTPS under our own certificate, to the one certificate that the settings name."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain.errors import Fault, InputRefused, OutsideFailed
from gateways.openadr.ven_message import MESSAGE_BYTES_MAX
from gridpact.vtn_settings import VtnSettings
from services.orders.order_book import Desk

if TYPE_CHECKING:
    from gateways.openadr.ven import Ven
    from gateways.openadr.ven_signature import Papers

ANSWER_S_MAX = 20
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
XML = {"Content-Type": "application/xml"}


def posting(vtn: VtnSettings) -> Callable[[str, bytes], bytes]:
    """Posts XML to a service of the VTN; raises OutsideFailed when nobody answers, or nobody whom we trust.

    Raises InputRefused for a VTN that could not be trusted: without TLS only on this machine.
    """
    import httpx2 as httpx

    url = vtn.url.rstrip("/")
    parts = urlsplit(url)
    pinned = parts.scheme == "https" and vtn.vtn_certificate is not None
    if not pinned and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise InputRefused([Fault("url", "not_trusted", "a VTN is reached by https, with vtn_certificate")])
    client = httpx.Client(verify=_context(vtn), timeout=ANSWER_S_MAX, follow_redirects=False)

    def post(service: str, body: bytes) -> bytes:
        found = b""
        try:
            with client.stream("POST", f"{url}/{service}", content=body, headers=XML) as answer:
                for chunk in answer.iter_bytes():
                    found += chunk
                    if len(found) > MESSAGE_BYTES_MAX:
                        raise OutsideFailed(f"the VTN answers with more than {MESSAGE_BYTES_MAX} bytes")
        except httpx.HTTPError as error:
            raise OutsideFailed(f"the VTN {url} does not answer: {error}") from error
        if answer.status_code != 200:
            raise OutsideFailed(f"the VTN {url} answers {answer.status_code}")
        return found

    return post


def ven_of(name: str, vtn: VtnSettings, desk: Desk) -> "Ven":
    """The VEN that speaks with a VTN. Raises InputRefused."""
    from gateways.openadr.ven import Reach, Ven

    return Ven(name, vtn.ven_name, posting(vtn), desk, Reach(vtn.levels_permille, vtn.groups), papers_of(vtn))


def papers_of(vtn: VtnSettings) -> "Papers | None":
    """Ours and theirs for signatures inside the XML, when the settings ask for them. Raises InputRefused."""
    if not vtn.signatures:
        return None
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    from gateways.openadr.ven_signature import Papers

    theirs = vtn.signing_certificate or vtn.vtn_certificate
    if vtn.key is None or vtn.certificate is None or theirs is None:
        said = "signatures need certificate, key, and signing_certificate or vtn_certificate"
        raise InputRefused([Fault("signatures", "missing", said)])
    try:
        key = load_pem_private_key(vtn.key.read_bytes(), None)
        ours, known = (load_pem_x509_certificate(each.read_bytes()) for each in (vtn.certificate, theirs))
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(error) from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise InputRefused([Fault("key", "wrong_key", "signatures inside the XML need an RSA or an EC key")])
    return Papers(key, ours, known)


def _context(vtn: VtnSettings) -> ssl.SSLContext:
    """Theirs is compared with the one we hold, whoever signed it and whatever name it bears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if vtn.vtn_certificate is not None:
            context.load_verify_locations(vtn.vtn_certificate)
        if vtn.certificate is not None:
            context.load_cert_chain(vtn.certificate, vtn.key)
    except (OSError, ssl.SSLError) as error:
        raise _unreadable(error) from None
    return context


def _unreadable(error: Exception) -> InputRefused:
    return InputRefused([Fault("certificate", "unreadable", f"a certificate or key cannot be read: {error}")])
