"""Signatures inside the XML of OpenADR 2.0b, with a VTN of other authors that signs and verifies, and with cheats."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from deal_world import MARKET, premises
from vtn_peer import Vtn, peer

from domain.connection import without_wires
from domain.errors import InputRefused, OutsideFailed
from gateways.openadr.ven import Ven
from gateways.openadr.ven_message import OADR, request, text_of, wrapped
from gateways.openadr.ven_signature import Papers
from gridpact.vtn_line import papers_of, ven_of
from gridpact.vtn_settings import VtnSettings
from memory.database import Database
from memory.grid import grid_signals
from services.orders.order_book import Desk

NOW = datetime.now(UTC)  # openleadr looks at the wall clock


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    made = premises(database, tmp_path)
    wires = without_wires(len(made.roster.ids), MARKET.slot_min)
    steps = replace(made.steps, clock=lambda: datetime.now(UTC))
    return Desk("local", steps, made.rules, replace(made.roster), wires, MARKET)


def identity(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key, in PEM files."""
    key = rsa.generate_private_key(65_537, 2_048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, secret


@pytest.fixture
def line(tmp_path: Path) -> VtnSettings:
    """A line on which both sides sign, but for the address."""
    (certificate, key), (theirs, _) = identity(tmp_path, "ours"), identity(tmp_path, "theirs")
    return VtnSettings(url="", certificate=certificate, key=key, vtn_certificate=theirs, signatures=True)


def fingerprint(certificate: Path) -> str:
    from openleadr.utils import certificate_fingerprint

    return str(certificate_fingerprint(certificate.read_text()))


@pytest.fixture
def vtn(line: VtnSettings, tmp_path: Path) -> Iterator[Vtn]:
    """Mutual TLS; every message is signed on both sides, and ours are verified under the certificate it knows."""
    assert line.certificate is not None
    known = {"ven_id": "ven-1", "ven_name": "gridpact", "registration_id": "registration-1"}
    ours = fingerprint(line.certificate)
    pair = {"cert": str(tmp_path / "theirs.pem"), "key": str(tmp_path / "theirs.key")}
    with peer(
        **pair,
        http_cert=pair["cert"],
        http_key=pair["key"],
        http_ca_file=str(line.certificate),
        ven_lookup=lambda ven_id: known | {"fingerprint": ours},
    ) as made:
        yield made


def at(line: VtnSettings, url: str) -> VtnSettings:
    return line.model_copy(update={"url": url})


def test_a_vtn_that_signs_and_verifies_is_followed(desk: Desk, vtn: Vtn, line: VtnSettings) -> None:
    """Mutual TLS, our signature verified by it, its signature verified by us: the event limits, and it hears optIn."""
    vtn.add("e1", 1.5)
    assert ven_of("dso", at(line, vtn.url), desk).poll("a") == {"e1": None}
    assert vtn.opted == [("e1", "optIn")]
    with desk.steps.database.read() as tx:
        assert [each.name for each in grid_signals.every(tx)] == ["openadr2b:dso/e1/0/0"]


def test_it_does_not_hear_us_without_our_certificate_or_signature(desk: Desk, vtn: Vtn, line: VtnSettings) -> None:
    """Without a certificate of ours there is no connection; without a signature it refuses what we say."""
    bare = at(line, vtn.url).model_copy(update={"signatures": False})
    with pytest.raises(OutsideFailed):
        ven_of("dso", bare.model_copy(update={"certificate": None}), desk).poll("a")
    with pytest.raises(OutsideFailed):
        ven_of("dso", bare, desk).poll("a")


@pytest.fixture
def both(line: VtnSettings, tmp_path: Path) -> tuple[Papers, Papers]:
    """What we hold, and what the VTN holds."""
    theirs = line.model_copy(
        update={
            "certificate": line.vtn_certificate,
            "key": tmp_path / "theirs.key",
            "vtn_certificate": line.certificate,
        }
    )
    ours, other = papers_of(line), papers_of(theirs)
    assert ours is not None
    assert other is not None
    return ours, other


Cheat = Callable[[bytes], bytes]
EVIL = wrapped("<oadr:oadrPoll><ei:venID>evil</ei:venID></oadr:oadrPoll>")
WHOLE = EVIL[EVIL.index(b"<oadr:oadrSignedObject") : EVIL.index(b"</oadr:oadrPayload>")]


def before(answer: bytes) -> bytes:
    """Another object of the same name before the signed one."""
    return answer.replace(b"<oadr:oadrSignedObject", WHOLE + b"<oadr:oadrSignedObject", 1)


def renamed(answer: bytes) -> bytes:
    """An object of another name in the place of the signed one, which is hidden deeper."""
    at = answer.index(b"<oadr:oadrSignedObject")
    end = answer.index(b"</oadr:oadrPayload>")
    other = WHOLE.replace(b'"oadrSignedObject"', b'"other"')
    return answer[:at] + other + b"<oadr:hidden>" + answer[at:end] + b"</oadr:hidden>" + answer[end:]


def unsigned(answer: bytes) -> bytes:
    return EVIL


def altered(answer: bytes) -> bytes:
    return answer.replace(b"ven-1", b"ven-2")


@pytest.mark.parametrize("cheat", [before, unsigned, altered])
def test_what_was_not_signed_is_refused(both: tuple[Papers, Papers], cheat: Cheat) -> None:
    """A second object of the name, none that is signed, another word in it: nothing is read."""
    ours, theirs = both
    with pytest.raises(OutsideFailed):
        ours.opened(cheat(theirs.signed(request("ven-1", "a"), NOW)), NOW)


def test_only_what_was_signed_is_read(both: tuple[Papers, Papers]) -> None:
    """Where another object stands in the signed one's place, we read the signed one."""
    ours, theirs = both
    message = ours.opened(renamed(theirs.signed(request("ven-1", "a"), NOW)), NOW)
    assert text_of(message, "venID") == "ven-1"
    assert message.tag == f"{{{OADR}}}oadrRequestEvent"


def test_a_signature_serves_once_and_soon(both: tuple[Papers, Papers]) -> None:
    """The same again, one of long ago and one of the future are refused; the next one is good."""
    ours, theirs = both
    answer = theirs.signed(request("ven-1", "a"), NOW)
    ours.opened(answer, NOW)
    with pytest.raises(OutsideFailed, match="came before"):
        ours.opened(answer, NOW)
    for skew in (timedelta(minutes=6), timedelta(minutes=-6)):
        with pytest.raises(OutsideFailed, match="our clock"):
            ours.opened(theirs.signed(request("ven-1", "a"), NOW), NOW + skew)
    ours.opened(theirs.signed(request("ven-1", "b"), NOW), NOW)


def test_another_signer_is_refused_though_its_certificate_comes_along(both: tuple[Papers, Papers]) -> None:
    """The certificate inside the answer proves nothing: the pinned one alone is asked."""
    ours, _ = both
    with pytest.raises(OutsideFailed):
        ours.opened(ours.signed(request("ven-1", "a"), NOW), NOW)


def test_signatures_without_what_they_need_are_refused(line: VtnSettings, tmp_path: Path) -> None:
    """No key, none that can be read."""
    (tmp_path / "none").write_text("none")
    for change in ({"key": None}, {"key": tmp_path / "none"}, {"vtn_certificate": None}):
        with pytest.raises(InputRefused):
            papers_of(line.model_copy(update=change))


def test_an_unsigned_answer_over_the_line_is_refused(desk: Desk, both: tuple[Papers, Papers]) -> None:
    """A setting asks for signatures: what comes without is as if nobody had answered."""
    ven = Ven("dso", "gridpact", lambda service, sent: EVIL, desk, papers=both[0])
    with pytest.raises(OutsideFailed, match="signature"):
        ven.poll("a")
