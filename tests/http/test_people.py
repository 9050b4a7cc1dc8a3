"""People and firms: evidence by every method, consents and agreements by version, and all of it for its person."""

import csv
import io
import json
import threading
import zipfile
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import text
from starlette.testclient import TestClient
from street import NOW, SLOT, Street, build, reading, sealed

from domain.contract import ContractState
from domain.errors import Conflict, InputRefused, RuleBroken
from domain.party import Party, Role
from gateways.evidence.jpki import JpkiMethod
from gateways.evidence.manual import ManualMethod
from gateways.evidence.revocation import nonce_of
from gridpact.cli import main
from identity.access import grant_defaults
from identity.action import SCOPES
from identity.credit import CreditTerms
from identity.evidence import Evidence, Level, Proof, challenge
from identity.token import token_hash
from identity.wire import to_wire
from memory.database import Database
from memory.devices.columns import METADATA
from memory.members import person_records, personal_data
from memory.members.person_records import RecordKind
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from policies.pack import load_pack
from services.access.api_keys import adopt_key
from services.members import people
from services.members.bundle import bundled
from services.members.exporting import export
from services.members.people import Document
from services.members.reputation import reputation_of
from services.ports import IdentityMethod

MARKET = "local"
TERMS = CreditTerms(5_000_000_000, 50_000_000_000, 100_000_000_000)
NOTICE = Document("privacy-notice", "1", "a" * 64)
SIGNED = challenge(MARKET, "P1", NOW.date())
DAY = timedelta(days=1)
PERSON_KEY = rsa.generate_private_key(65537, 2048)
ISSUER_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(key: Any, signer: Any, name: str, issuer: str, **other: Any) -> x509.Certificate:
    """A certificate as tests need it. is_ca, signing, after: its extensions, and until when it is good."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    made = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
    made = (
        made.serial_number(7 if "purpose" not in other else 6)
        .not_valid_before(NOW - DAY)
        .not_valid_after(other.get("after", NOW + DAY))
    )
    made = made.add_extension(x509.BasicConstraints(ca=other.get("is_ca", False), path_length=None), critical=True)
    signing = other.get("signing", True)
    usage = x509.KeyUsage(signing, False, not signing, False, False, other.get("is_ca", False), False, False, False)
    if purpose := other.get("purpose"):
        made = made.add_extension(purpose, critical=False)
    return made.add_extension(usage, critical=True).sign(signer, hashes.SHA256())


def pem(*given: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in given)


def answer(about: x509.Certificate, **other: Any) -> bytes:
    """What the root answers about a certificate. The others: where a test asks otherwise."""
    status, made = other.get("status", ocsp.OCSPCertStatus.GOOD), other.get("made", NOW)
    gone = made if status is ocsp.OCSPCertStatus.REVOKED else None
    said = ocsp.OCSPResponseBuilder().add_response(
        about, other.get("issuer", ROOT), hashes.SHA1(), status, made, other.get("until", NOW + DAY), gone, None
    )
    by = other.get("by", ROOT)
    said = said.responder_id(ocsp.OCSPResponderEncoding.HASH, by).certificates([by])
    if nonce := other.get("nonce"):
        said = said.add_extension(x509.OCSPNonce(nonce), critical=False)
    return said.sign(other.get("signer", ISSUER_KEY), hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def revoked_list(*serials: int, signer: Any = ISSUER_KEY, made: Any = None, partial: bool = False) -> bytes:
    """The root's list of revoked certificates."""
    made = made or NOW
    said = x509.CertificateRevocationListBuilder().issuer_name(ROOT.subject).last_update(made).next_update(made + DAY)
    for serial in serials:
        said = said.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made).build()
        )
    if partial:
        said = said.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return said.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


ROOT = certificate(ISSUER_KEY, ISSUER_KEY, "root", "root", is_ca=True)
PERSON = certificate(PERSON_KEY, ISSUER_KEY, "Aoki Hana", "root")
GOOD = Proof(chain=pem(PERSON), signature=PERSON_KEY.sign(SIGNED, padding.PKCS1v15(), hashes.SHA256()))
GOOD = replace(GOOD, ocsp=answer(PERSON))
METHODS: dict[str, tuple[IdentityMethod, Proof]] = {
    "manual": (ManualMethod(), Proof(document="driving licence")),
    "jpki": (JpkiMethod(pem(ROOT), DAY), GOOD),
}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_what_it_found_and_no_more(street: Street, name: str) -> None:
    """The conformance of the port: a good proof is evidence on record, an empty one is refused, papers stay away."""
    method, proof = METHODS[name]
    found = people.prove_identity(street.steps, method, MARKET, "P1", proof, "test")
    assert found.method == method.name == name
    with pytest.raises(InputRefused):
        people.prove_identity(street.steps, method, MARKET, "P1", Proof(), "test")
    with pytest.raises(RuleBroken):
        people.prove_identity(street.steps, ManualMethod(), MARKET, "P9", Proof(document="a passport"), "test")
    with street.database.read() as tx:
        (record,) = person_records.of_party(tx, "P1")
    assert (record.body["method"], record.by) == (name, "test")
    assert "Aoki Hana" not in json.dumps(dict(record.body))


def test_a_signature_proves_itself_over_the_api(street: Street) -> None:
    """With what its authority says of revocation, as answer or as list; without either nothing is proved, and a root
    is no person."""
    street.client = TestClient(street.app(lambda doors: replace(doors, method=lambda name: METHODS[name][0])))
    with street.database.begin() as tx:
        grant_defaults(tx)
        adopt_key(tx, street.reception, "test", "P1", token_hash("all"), sorted(SCOPES), NOW + DAY)

    def proved(key: str, **more: str) -> Any:
        said = {"method": "jpki", "chain": GOOD.chain.decode(), "signature": GOOD.signature.hex()} | more
        headers = {"Authorization": "Bearer all", "Idempotency-Key": key}
        return street.client.post("/api/v1/parties/P1/evidence", json=said, headers=headers)

    whole = b64encode(revoked_list()).decode()
    by_answer, by_list = proved("a", ocsp=b64encode(GOOD.ocsp).decode()), proved("b", crl=whole)
    assert [each.status_code for each in (by_answer, by_list, proved("c"))] == [201, 201, 422]
    assert (by_answer.json()["level"], by_list.json()["status"].endswith("says CRL")) == ("signature", True)
    root = proved("d", crl=whole, chain=pem(ROOT).decode())
    assert (root.status_code, root.json()["faults"][0]["code"]) == (422, "not_believed")
    assert proved("e", crl="no base64").status_code == 422


def test_two_parties_with_one_proof_at_one_moment_are_not_both_believed(street: Street) -> None:
    """Who looks for other holders already holds the lock under which records are written."""
    waits = threading.Event()

    class Slow(JpkiMethod):
        def prove(self, challenge: bytes, proof: Proof, now: datetime) -> Evidence:
            waits.set()
            return Evidence(self.name, Level.SIGNATURE, "", "c" * 64, "not revoked")

    method = Slow(pem(ROOT), DAY)
    with ThreadPoolExecutor(1) as pool:
        with street.database.begin() as tx:
            person_records.add(tx, "P2", RecordKind.EVIDENCE, {"subject_hash": "c" * 64}, NOW, "test")
            second = pool.submit(people.prove_identity, street.steps, method, MARKET, "P1", Proof(), "test")
            assert waits.wait(10)
            with pytest.raises(TimeoutError):
                second.result(0.5)
        with pytest.raises(Conflict):
            second.result(10)


def _ec_leaf(signer: Any = ISSUER_KEY, **other: Any) -> Proof:
    """A person whose key is on P-256, with its signature."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certificate(key, signer, "Aoki Hana", other.pop("issuer", "root"), **other)
    return Proof(chain=pem(leaf), signature=key.sign(SIGNED, ec.ECDSA(hashes.SHA256())), ocsp=answer(leaf))


def _under_a_person() -> Proof:
    """A chain in which a person's certificate issues another."""
    leaf = _ec_leaf(PERSON_KEY, issuer="Aoki Hana")
    return replace(leaf, chain=leaf.chain + pem(PERSON))


BROKEN: dict[str, Callable[[], Proof]] = {
    "another root": lambda: _ec_leaf(ec.generate_private_key(ec.SECP256R1())),
    "expired": lambda: _ec_leaf(after=NOW - timedelta(hours=1)),
    "not for signatures": lambda: _ec_leaf(signing=False),
    "a person who issues": _under_a_person,
    "another challenge": lambda: replace(GOOD, signature=PERSON_KEY.sign(b"x", padding.PKCS1v15(), hashes.SHA256())),
    "no signature": lambda: replace(GOOD, signature=b""),
    "no certificates": lambda: replace(GOOD, chain=b"rubbish"),
    "too many certificates": lambda: replace(GOOD, chain=pem(*[PERSON] * 7)),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_signature_that_proves_nothing_is_refused(street: Street, why: str) -> None:
    """Chain, time, use and signature; the evidence says on what it rests that nothing was revoked."""
    method = JpkiMethod(pem(ROOT), DAY)
    with pytest.raises(InputRefused):
        people.prove_identity(street.steps, method, MARKET, "P1", BROKEN[why](), "test")
    found = people.prove_identity(street.steps, method, MARKET, "P1", _ec_leaf(), "test")
    assert found.status == "not revoked at 2026-05-20T12:00:00Z, says OCSP"
    listed = replace(GOOD, ocsp=b"", crl=revoked_list(8, 9))
    assert people.prove_identity(street.steps, method, MARKET, "P1", listed, "test").status.endswith("says CRL")


OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_ROOT = certificate(OTHER_KEY, OTHER_KEY, "root", "root", is_ca=True)
PURPOSE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
RESPONDER = certificate(OTHER_KEY, ISSUER_KEY, "responder", "root", purpose=PURPOSE)
NOT_GOOD: dict[str, tuple[dict[str, bytes], str]] = {
    "no answer": ({}, "not_asked"),
    "rubbish": ({"ocsp": b"rubbish"}, "wrong_form"),
    "not answered": (
        {
            "ocsp": ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
                serialization.Encoding.DER
            )
        },
        "unknown",
    ),
    "revoked": ({"ocsp": answer(PERSON, status=ocsp.OCSPCertStatus.REVOKED)}, "revoked"),
    "unknown": ({"ocsp": answer(PERSON, status=ocsp.OCSPCertStatus.UNKNOWN)}, "unknown"),
    "too old": ({"ocsp": answer(PERSON, made=NOW - DAY - timedelta(minutes=1))}, "too_old"),
    "expired": ({"ocsp": answer(PERSON, made=NOW - DAY / 2, until=NOW - DAY / 4)}, "too_old"),
    "from tomorrow": ({"ocsp": answer(PERSON, made=NOW + DAY / 2)}, "not_yet"),
    "another signer": ({"ocsp": answer(PERSON, signer=OTHER_KEY, by=OTHER_ROOT)}, "wrong_issuer"),
    "a person answers": ({"ocsp": answer(PERSON, signer=PERSON_KEY, by=PERSON)}, "wrong_issuer"),
    "another issuer": ({"ocsp": answer(PERSON, issuer=OTHER_ROOT)}, "other_certificate"),
    "another person": ({"ocsp": answer(RESPONDER)}, "other_certificate"),
    "a nonce played again": ({"ocsp": answer(PERSON, nonce=nonce_of(b"yesterday's challenge"))}, "other_nonce"),
    "listed": ({"crl": revoked_list(8, 7)}, "revoked"),
    "another's list": ({"crl": revoked_list(8, signer=OTHER_KEY)}, "wrong_issuer"),
    "an old list": ({"crl": revoked_list(made=NOW - 2 * DAY)}, "too_old"),
    "a part of a list": ({"crl": revoked_list(partial=True)}, "partial"),
    "no list": ({"crl": b"rubbish"}, "wrong_form"),
    "good and listed": ({"ocsp": answer(PERSON), "crl": revoked_list(7)}, "revoked"),
}


@pytest.mark.parametrize("why", NOT_GOOD)
def test_a_certificate_of_which_nobody_says_that_it_holds_proves_nothing(why: str) -> None:
    """Revoked, unknown, old, another's or played again: refused with its own word, never let through."""
    handed, code = NOT_GOOD[why]
    with pytest.raises(InputRefused) as refused:
        JpkiMethod(pem(ROOT), DAY).prove(SIGNED, replace(GOOD, **({"ocsp": b""} | handed)), NOW)  # type: ignore[arg-type]
    assert [fault.code for fault in refused.value.faults] == [code]


def test_an_authoritys_responder_answers_for_it_and_with_this_challenges_nonce() -> None:
    """Signed by whom the issuer named for that, and made for this request."""
    said = answer(PERSON, by=RESPONDER, signer=OTHER_KEY, nonce=nonce_of(SIGNED))
    assert JpkiMethod(pem(ROOT), DAY).prove(SIGNED, replace(GOOD, ocsp=said), NOW).status.endswith("says OCSP")


def test_one_person_is_one_party(street: Street) -> None:
    """The same certificate serves no second party, whatever it signs; the challenge of another party is another."""
    method = JpkiMethod(pem(ROOT), DAY)
    people.prove_identity(street.steps, method, MARKET, "P1", GOOD, "test")
    with pytest.raises(InputRefused):
        people.prove_identity(street.steps, method, MARKET, "P2", GOOD, "test")
    signed = PERSON_KEY.sign(challenge(MARKET, "P2", NOW.date()), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(Conflict, match="that of P1"):
        people.prove_identity(street.steps, method, MARKET, "P2", replace(GOOD, signature=signed), "test")


def test_a_firm_is_registered_with_numbers_that_check(street: Street) -> None:
    """Every fault at once; an id is given once."""
    firm = Party("firm", "Satoyama", Role.MEMBER)
    with pytest.raises(InputRefused) as refused:
        people.register_party(street.steps, replace(firm, name=" "), "test", "1234567890123", "T1")
    assert [fault.where for fault in refused.value.faults] == ["name", "corporate_number", "invoice_number"]
    people.register_party(street.steps, firm, "test", "7000012050002", "T7000012050002")
    with pytest.raises(Conflict):
        people.register_party(street.steps, firm, "test")


def test_a_consent_stands_until_it_is_withdrawn(street: Street) -> None:
    """Once a version; an agreement is another thing and is kept for the legal period."""
    steps = street.steps
    first = people.consent(steps, "P1", NOTICE, "test")
    assert people.consent(steps, "P1", NOTICE, "test") == first
    people.consent(steps, "P1", NOTICE._replace(version="2"), "test")
    agreed = people.agree(steps, load_pack("jp_demo"), "P1", Document("membership", "3", "b" * 64), "test")
    assert agreed.keep_until is not None
    assert agreed.keep_until == date(NOW.year + 10, 12, 31)
    assert people.withdraw_consent(steps, "P1", "privacy-notice", "P1") == 2
    with pytest.raises(RuleBroken, match="no consent"):
        people.withdraw_consent(steps, "P1", "privacy-notice", "P1")
    with street.database.read() as tx:
        records = person_records.of_party(tx, "P1")
        assert people.consents(tx, "P1") == []
    assert [each.withdrawn_by for each in records] == ["P1", "P1", None]


def test_an_export_holds_all_of_one_and_nothing_of_another(street: Street) -> None:
    """Rows of a neighbour do not come along, nor anything that opens a door."""
    people.consent(street.steps, "P1", NOTICE, "test")
    for meter in ("M1", "M2"):
        assert street.client.post("/api/v1/readings", json=to_wire(sealed(reading(meter)))).status_code == 200
    document = export(street.steps, "P1", "test")
    tables = document["tables"]
    assert {"party", "site", "device", "reading", "envelope", "user_account", "api_key", "person_record"} <= set(tables)
    assert "P2" not in json.dumps(document)
    assert "M2" not in json.dumps(document)
    with street.database.read() as tx:
        hashes_kept = list(tx.execute(text("SELECT token_hash FROM api_key")).scalars())
    assert hashes_kept
    assert not [each for each in hashes_kept if each in json.dumps(document)]


def test_the_bundle_holds_every_row_to_read(street: Street) -> None:
    """A CSV file for each table with all its rows, a page that names them; what looks like a formula is text."""
    people.consent(street.steps, "P1", NOTICE, "=1+1")
    document = export(street.steps, "P1", "test")
    with zipfile.ZipFile(io.BytesIO(bundled(document))) as bundle:
        page, names = bundle.read("index.html").decode(), set(bundle.namelist())
        assert json.loads(bundle.read("all.json")) == document
        assert names == {"index.html", "all.json"} | {f"{name}.csv" for name in document["tables"]}
        for name, rows in document["tables"].items():
            read = list(csv.DictReader(io.StringIO(bundle.read(f"{name}.csv").decode("utf-8-sig"), newline="")))
            assert len(read) == len(rows)
            assert f'href="{name}.csv"' in page
        assert "'=1+1" in bundle.read("person_record.csv").decode()
    assert bundled(document) == bundled(document)
    assert "<script" not in bundled_page({"<script>": "<script>alert(1)</script>"})


def bundled_page(row: dict[str, Any]) -> str:
    """The page of a document with one row."""
    made = bundled({"party": "<script>", "exported_at": "now", "tables": {"party": [row]}})
    with zipfile.ZipFile(io.BytesIO(made)) as bundle:
        return bundle.read("index.html").decode()


def test_every_table_with_an_owner_is_searched(street: Street) -> None:
    """A new table with a column of an owner is exported without anybody thinking of it; what is left out is listed."""
    owners = {"party_id", "site_id", "account_id", "device_id", "seller_site", "buyer_site", "person"}
    owned = {name for name, table in METADATA.tables.items() if owners & set(table.c.keys())}
    assert owned & personal_data.NEVER == {"password", "one_time_secret", "recovery_code", "challenge"}


def test_the_command_line_takes_a_person_in(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Registered, proved, consenting, agreeing, shown and exported; what is wrong is one line."""
    monkeypatch.setenv("GRIDPACT_DATABASE_URL", street.database.url)
    notice = tmp_path / "notice.txt"
    notice.write_text("what we do with your data")

    def run(*words: str) -> Any:
        status = main(["people", *words, "--json", "--data", str(tmp_path)])
        said = capsys.readouterr()
        return json.loads(said.out) if status == 0 else said.err

    assert run("add", "aoki", "--name", "Aoki Hana") == [{"party": "aoki", "role": "member"}]
    assert "gridpact-identity-1" in run("challenge", "aoki")[0]["sign"]
    assert run("prove", "aoki", "--document", "driving licence")[0]["level"] == "papers"
    assert "GRIDPACT_JPKI_ROOTS" in run("prove", "aoki", "--method", "jpki")
    assert run("consent", "aoki", "privacy-notice", "1", str(notice))[0]["number"] == 2
    assert run("agree", "aoki", "membership", "1", str(notice))[0]["keep_until"]
    assert run("withdraw", "aoki", "privacy-notice") == [{"party": "aoki", "withdrawn": 1}]
    assert [each.get("kind") for each in run("show", "aoki")] == [None, "evidence", "consent", "agreement"]
    target = str(tmp_path / "aoki.json")
    assert run("export", "aoki", "--to", target)[0]["rows"] > 3
    assert "File exists" in run("export", "aoki", "--to", target)
    assert run("export", "aoki", "--to", str(tmp_path / "aoki.zip"))[0]["rows"] > 3
    assert zipfile.is_zipfile(tmp_path / "aoki.zip")


def test_a_reputation_rests_on_what_is_on_record(street: Street) -> None:
    """Deliveries of settled contracts, slots that were measured, contradictions that were alarmed."""
    for one in (reading("M1"), reading("M1", SLOT - 2), reading("M1", SLOT - 2, import_wh=7), reading("M2")):
        street.client.post("/api/v1/readings", json=to_wire(sealed(one)))
    with street.database.begin() as tx:
        sold = ContractRow("a", 1, "t", None, "S1", "S2", 400, 1, True, ContractState.SETTLED, {}, delivered_wh=300)
        bought = replace(sold, digest="b", trade_id="u", seller_site="S2", buyer_site="S1", delivered_wh=1)
        contracts.save(tx, [sold, bought])
        found = reputation_of(tx, "P1", TERMS)
        with pytest.raises(RuleBroken, match="no site"):
            reputation_of(tx, "E-legal", TERMS)
    assert {part.name: part.permille for part in found.parts} == {
        "payment": 1000,
        "delivery": 750,
        "data": 616,
        "disputes": 1000,
    }
    assert found.permille == (300 * 1000 + 400 * 750 + 200 * 616 + 100 * 1000) // 1000
