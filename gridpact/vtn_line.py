"""The line to an OpenADR 2.0b VTN: HTTPS under our own certificate, to the one certificate that the settings name."""

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from domain.errors import Fault, InputRefused, OutsideFailed
from gateways.openadr.ven_message import MESSAGE_BYTES_MAX

ANSWER_S_MAX = 20
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
XML = {"Content-Type": "application/xml"}


def posting(vtn: Mapping[str, str]) -> Callable[[str, bytes], bytes]:
    """Posts XML to a service of the VTN; raises OutsideFailed when nobody answers, or nobody whom we trust.

    vtn: ``url``; ``vtn_certificate``, a PEM file with the VTN's own certificate, which alone is believed;
    ``certificate`` and ``key``, ours. Raises InputRefused for a VTN that could not be trusted: without TLS only on this
    machine.
    """
    import httpx2 as httpx

    url = vtn.get("url", "").rstrip("/")
    parts = urlsplit(url)
    pinned = parts.scheme == "https" and "vtn_certificate" in vtn
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


def _context(vtn: Mapping[str, str]) -> ssl.SSLContext:
    """Theirs is compared with the one we hold, whoever signed it and whatever name it bears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if "vtn_certificate" in vtn:
            context.load_verify_locations(vtn["vtn_certificate"])
        if "certificate" in vtn:
            context.load_cert_chain(vtn["certificate"], vtn.get("key"))
    except (OSError, ssl.SSLError) as error:
        raise InputRefused(
            [Fault("certificate", "unreadable", f"a certificate or key cannot be read: {error}")]
        ) from None
    return context
