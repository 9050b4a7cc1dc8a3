"""People and firms: evidence by every method, consents and agreements by version, and all of it for its person."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from street import NOW, SLOT, Street, build, reading, sealed

from domain.contract import ContractState
from domain.errors import Conflict, InputRefused, RuleBroken
from domain.party import Party, Role
from gateways.evidence.jpki import JpkiMethod
from gateways.evidence.manual import ManualMethod
from gridpact.cli import main
from identity.evidence import Proof, challenge
from identity.wire import to_wire
from memory.database import Database
from memory.devices.columns import METADATA
from memory.members import person_records, personal_data
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.members import people
from services.members.exporting import export
from services.members.people import Document
from services.members.reputation import reputation_of
from services.ports import IdentityMethod

MARKET = "local"
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
    made = made.serial_number(7).not_valid_before(NOW - DAY).not_valid_after(other.get("after", NOW + DAY))
    made = made.add_extension(x509.BasicConstraints(ca=other.get("is_ca", False), path_length=None), critical=True)
    signing = other.get("signing", True)
    usage = x509.KeyUsage(signing, False, not signing, False, False, other.get("is_ca", False), False, False, False)
    return made.add_extension(usage, critical=True).sign(signer, hashes.SHA256())


def pem(*given: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in given)


ROOT = certificate(ISSUER_KEY, ISSUER_KEY, "root", "root", is_ca=True)
PERSON = certificate(PERSON_KEY, ISSUER_KEY, "Aoki Hana", "root")
GOOD = Proof(chain=pem(PERSON), signature=PERSON_KEY.sign(SIGNED, padding.PKCS1v15(), hashes.SHA256()))
METHODS: dict[str, tuple[IdentityMethod, Proof]] = {
    "manual": (ManualMethod(), Proof(document="driving licence")),
    "jpki": (JpkiMethod(pem(ROOT)), GOOD),
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


def _ec_leaf(signer: Any = ISSUER_KEY, **other: Any) -> Proof:
    """A person whose key is on P-256, with its signature."""
    key = ec.generate_private_key(ec.SECP256R1())
    chain = pem(certificate(key, signer, "Aoki Hana", other.pop("issuer", "root"), **other))
    return Proof(chain=chain, signature=key.sign(SIGNED, ec.ECDSA(hashes.SHA256())))


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
    """Chain, time, use and signature; nothing is asked over a network, and the evidence says what was not."""
    method = JpkiMethod(pem(ROOT))
    with pytest.raises(InputRefused):
        people.prove_identity(street.steps, method, MARKET, "P1", BROKEN[why](), "test")
    found = people.prove_identity(street.steps, method, MARKET, "P1", _ec_leaf(), "test")
    assert found.status == "revocation not asked"


def test_one_person_is_one_party(street: Street) -> None:
    """The same certificate serves no second party, whatever it signs; the challenge of another party is another."""
    method = JpkiMethod(pem(ROOT))
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
    agreed = people.agree(steps, "P1", Document("membership", "3", "b" * 64), "test")
    assert agreed.keep_until is not None
    assert agreed.keep_until.year == NOW.year + people.KEPT_YEARS
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


def test_a_reputation_rests_on_what_is_on_record(street: Street) -> None:
    """Deliveries of settled contracts, slots that were measured, contradictions that were alarmed."""
    for one in (reading("M1"), reading("M1", SLOT - 2), reading("M1", SLOT - 2, import_wh=7), reading("M2")):
        street.client.post("/api/v1/readings", json=to_wire(sealed(one)))
    with street.database.begin() as tx:
        sold = ContractRow("a", 1, "t", None, "S1", "S2", 400, 1, True, ContractState.SETTLED, {}, delivered_wh=300)
        bought = replace(sold, digest="b", trade_id="u", seller_site="S2", buyer_site="S1", delivered_wh=1)
        contracts.save(tx, [sold, bought])
        found = reputation_of(tx, "P1")
        with pytest.raises(RuleBroken, match="no site"):
            reputation_of(tx, "E-legal")
    assert {part.name: part.permille for part in found.parts} == {"payment": 1000, "delivery": 750, "data": 616}
    assert found.permille == (400 * 1000 + 400 * 750 + 200 * 616) // 1000
