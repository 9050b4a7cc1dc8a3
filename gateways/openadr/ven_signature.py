"""Signatures inside the XML of OpenADR 2.0b: ours over what we send, the VTN's over what it answers.

The standard's form: a detached XML signature beside the signed object, over that object and over a ReplayProtect with
a time and a number that serves once. Whatever else stands in an answer is not read: what counts is the very bytes that
the one pinned certificate signed, parsed anew.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import Element

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from domain.errors import OutsideFailed
from gateways.openadr.ven_message import MESSAGE_BYTES_MAX, OADR, parsed, text_of, wrapped_whole

DSP = "http://openadr.org/oadr-2.0b/2012/07/xmldsig-properties"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SKEW_MAX = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Papers:
    """Our key and certificate, and the one certificate under which the VTN signs. seen: numbers that served already."""

    key: RSAPrivateKey | EllipticCurvePrivateKey
    certificate: x509.Certificate
    vtn_certificate: x509.Certificate
    seen: dict[str, datetime] = field(default_factory=dict)

    def signed(self, message: bytes, now: datetime) -> bytes:
        """A message of ours with its signature."""
        from lxml import etree
        from signxml.algorithms import SignatureConstructionMethod
        from signxml.signer import XMLSigner

        root = etree.fromstring(message)
        whole = root.find(f"{{{OADR}}}oadrSignedObject")
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached, signature_algorithm=self._algorithm(), c14n_algorithm=C14N
        )
        signer.namespaces["oadr"] = OADR  # in scope where the signature will stand
        signature = signer.sign(
            etree.fromstring(etree.tostring(whole)),
            key=self.key,
            cert=[self.certificate],
            reference_uri="#oadrSignedObject",
            signature_properties=_replay_protect(now),
        )
        root.insert(0, signature)
        sent: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
        return sent

    def opened(self, answer: bytes, now: datetime) -> Element:
        """The message that the VTN signed. Raises OutsideFailed when it signed none, or long ago, or it came before."""
        parsed(answer)  # bounds, no entities, no document types, before anything else reads it
        whole, protect = self._verified(answer)
        self._require_fresh(protect, now)
        return parsed(wrapped_whole(whole))

    def _verified(self, answer: bytes) -> tuple[bytes, Element]:
        """The signed object and the ReplayProtect, each as the bytes that were signed."""
        from defusedxml.ElementTree import fromstring
        from lxml import etree
        from signxml.exceptions import SignXMLException
        from signxml.verifier import SignatureConfiguration, XMLVerifier

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        config = SignatureConfiguration(location="./", expect_references=2, signature_methods=_methods())
        try:
            found: Any = XMLVerifier().verify(
                answer, x509_cert=self.vtn_certificate, parser=parser, expect_config=config
            )
            parts = {
                root.tag: (part.signed_data, root)
                for part in found
                if (root := fromstring(part.signed_data)) is not None
            }
        except (SignXMLException, etree.LxmlError, ValueError, SyntaxError) as failure:
            raise OutsideFailed(f"the VTN's signature does not hold: {str(failure)[:200]}") from None
        whole = parts.get(f"{{{OADR}}}oadrSignedObject")
        protect = next((root for _, root in parts.values() if root.find(f".//{{{DSP}}}nonce") is not None), None)
        if whole is None or protect is None or len(whole[0]) > MESSAGE_BYTES_MAX:
            raise OutsideFailed("the VTN signs no oadrSignedObject with a ReplayProtect")
        return whole[0], protect

    def _require_fresh(self, protect: Element, now: datetime) -> None:
        nonce = text_of(protect, "nonce")[:200]
        try:
            at = datetime.fromisoformat(text_of(protect, "timestamp"))
        except ValueError:
            raise OutsideFailed("the VTN's signature has no time") from None
        if at.tzinfo is None or abs(at - now) > SKEW_MAX:
            raise OutsideFailed(f"the VTN signed at {at.isoformat()}, our clock says {now.isoformat()}")
        for old in [name for name, when in self.seen.items() if abs(when - now) > 2 * SKEW_MAX]:
            del self.seen[old]
        if not nonce or nonce in self.seen:
            raise OutsideFailed("the VTN's answer came before: its number has served")
        self.seen[nonce] = at

    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ecdsa-sha256"


def _methods() -> frozenset[Any]:
    from signxml.algorithms import SignatureMethod

    names = ("RSA_SHA256", "RSA_SHA384", "RSA_SHA512", "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512")
    return frozenset(SignatureMethod[name] for name in names)


def _replay_protect(now: datetime) -> Any:
    from lxml import etree

    found = etree.Element(
        f"{{{DSP}}}ReplayProtect", nsmap={"dsp": DSP}, attrib={"Id": "replay", "Target": "#signature"}
    )
    etree.SubElement(found, f"{{{DSP}}}timestamp").text = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    etree.SubElement(found, f"{{{DSP}}}nonce").text = uuid4().hex
    return found
