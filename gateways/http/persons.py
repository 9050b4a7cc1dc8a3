"""What is on record about a person or firm: evidence of who it is, consents, agreements; all of it for them; its end.

Texts are named by version and SHA-256, papers by their kind: neither is kept here. Everybody keeps the own records;
somebody else looks at papers, and two people in two roles erase.
"""

from base64 import b64decode
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from domain.errors import RuleBroken
from gateways.http.auth import Strict, Text
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.idempotency import Key, once_by_key
from gateways.http.look import Asker
from gateways.http.owners import of_party
from gateways.http.page import Answer, Name
from gateways.http.problem import Refused, of_item, problems
from gateways.http.tag import tagged
from identity.action import Action
from identity.authorisation import require
from identity.evidence import Proof, challenge
from memory.members import person_records
from memory.members.person_records import PersonRecord, RecordKind
from services.members import people
from services.members.erasure import erase
from services.members.exporting import export
from services.members.people import Document
from services.steps import Steps

ROUTER = APIRouter(prefix="/parties/{party_id}", tags=["people"])
CHAIN_CHARACTERS_MAX = 32_768
OCSP_CHARACTERS_MAX, CRL_CHARACTERS_MAX = 88_000, 5_600_000  # in base64, of 64 KiB and 4 MiB
EVIDENCE_BYTES_MAX = 6 * 1024 * 1024
REASON_CHARACTERS_MAX = 4_000
BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
PEM = r"^[\x0a\x0d\x20-\x7e]*$"
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class VersionForm(Strict):
    """Which version of a text, and its SHA-256."""

    version: Text
    sha256: Digest


class DocumentForm(VersionForm):
    """A version of a text by its name."""

    name: Text


class EvidenceForm(Strict):
    """How somebody proves who it is. manual: the papers that were seen, by their kind. jpki: certificates in PEM, the
    person's first, and the signature over the challenge in hex. ocsp, crl: what the authority says of
    revocation, one of them, DER in base64."""

    method: Annotated[str, Field(pattern="^(manual|jpki)$")]
    document: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] = ""
    chain: Annotated[str, Field(max_length=CHAIN_CHARACTERS_MAX, pattern=PEM)] = ""
    signature: Annotated[str, Field(max_length=2_048, pattern="^([0-9a-f]{2})*$")] = ""
    ocsp: Annotated[str, Field(max_length=OCSP_CHARACTERS_MAX, pattern=BASE64)] = ""
    crl: Annotated[str, Field(max_length=CRL_CHARACTERS_MAX, pattern=BASE64)] = ""

    def proof(self) -> Proof:
        """What is handed to the method."""
        return Proof(
            self.document, self.chain.encode(), bytes.fromhex(self.signature), b64decode(self.ocsp), b64decode(self.crl)
        )


class ErasureForm(Strict):
    """Who asked for it and when."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX, pattern=r"^[^\x00]*$")]


class PersonRecordItem(Answer):
    """One record. by: the account that wrote it down. body: by kind; of a text its name, version and SHA-256, of
    evidence its method, level and kind of papers. keep_until: the last day on which the law asks for it."""

    number: int
    kind: RecordKind
    body: dict[str, Any]
    at: AwareDatetime
    by: str
    keep_until: date | None
    withdrawn_at: AwareDatetime | None
    withdrawn_by: str | None


class PersonRecords(Answer):
    """All records of a party, the first one first."""

    items: list[PersonRecordItem]


class ChallengeItem(Answer):
    """What a person signs today to prove who it is here."""

    sign: str


class EvidenceItem(Answer):
    """What was found. status: what is known of whether the proof was taken back."""

    method: str
    level: str
    status: str


class RecordNumber(Answer):
    """Under which number it is on record."""

    number: int


class ExportItem(Answer):
    """Every row about a party, by table."""

    party: str
    exported_at: AwareDatetime
    tables: dict[str, list[dict[str, Any]]]


class ErasureItem(Answer):
    """role: in which the word counts. done: the data are erased now. records: that were deleted. kept: those that the
    law still asks for."""

    role: str
    done: bool
    records: int
    kept: int


@ROUTER.get("/records", summary="List a party's records", response_model=PersonRecords, responses=of_item())
def get_records(request: Request, party_id: Name, asker: Asker) -> Response:
    """Evidence, consents and agreements; none for a party that there is not."""
    doors: Doors = request.app.state.doors
    require(asker, Action.SEE_PERSON, of_party(party_id))
    with doors.steps.database.read() as tx:
        found = person_records.of_party(tx, party_id)
    return tagged(request, PersonRecords(items=[_item(each) for each in found]))


@ROUTER.get("/challenge", summary="Read what to sign as proof")
def get_challenge(request: Request, party_id: Name, asker: Asker) -> ChallengeItem:
    """What one signs today with a personal certificate, to prove who one is."""
    doors: Doors = request.app.state.doors
    require(asker, Action.PROVE_IDENTITY, of_party(party_id))
    return ChallengeItem(sign=challenge(doors.audience, party_id, doors.steps.clock().date()).decode())


@ROUTER.post(
    "/evidence",
    summary="Prove who somebody is",
    status_code=201,
    responses=problems(409),
    openapi_extra=form_body(EvidenceForm),
)
def post_evidence(
    request: Request,
    party_id: Name,
    asker: Asker,
    key: Key,
    given: Annotated[EvidenceForm, Depends(form(EvidenceForm, EVIDENCE_BYTES_MAX))],
) -> EvidenceItem:
    """Keep what a proof shows. Of papers an admin says that they were seen, freshly signed in; a signature is one's
    own. 409 when another party proved itself with the same."""
    doors: Doors = request.app.state.doors
    require(asker, Action.REGISTER_PARTY if given.method == "manual" else Action.PROVE_IDENTITY, of_party(party_id))
    if doors.method is None:
        raise RuleBroken(f"the method {given.method} is not set up here")
    method = doors.method(given.method)

    def work(steps: Steps) -> dict[str, Any]:
        found = people.prove_identity(steps, method, doors.audience, party_id, given.proof(), asker.account)
        return {"method": found.method, "level": str(found.level), "status": found.status}

    content = given.model_dump(mode="json") | {"party": party_id}
    return EvidenceItem(**once_by_key(doors.steps, asker, "prove-identity", key, content, work))


@ROUTER.put("/consents/{name}", summary="Consent to a text", openapi_extra=form_body(VersionForm))
def put_consent(
    request: Request,
    party_id: Name,
    name: Name,
    asker: Asker,
    given: Annotated[VersionForm, Depends(form(VersionForm))],
) -> RecordNumber:
    """Consent to a version of a text, freshly signed in; the same again is the same record."""
    doors: Doors = request.app.state.doors
    require(asker, Action.GIVE_CONSENT, of_party(party_id))
    document = Document(name, given.version, given.sha256)
    return RecordNumber(number=people.consent(doors.steps, party_id, document, asker.account).number)


@ROUTER.delete("/consents/{name}", summary="Withdraw a consent", status_code=204, responses=problems(404))
def delete_consent(request: Request, party_id: Name, name: Name, asker: Asker) -> None:
    """Withdraw one's consent to all versions of a text. 404 when none stands."""
    doors: Doors = request.app.state.doors
    require(asker, Action.WITHDRAW_CONSENT, of_party(party_id))
    try:
        people.withdraw_consent(doors.steps, party_id, name, asker.account)
    except RuleBroken as none_stands:
        raise Refused(404, "unknown_consent", str(none_stands)) from None


@ROUTER.post(
    "/agreements",
    summary="Agree to a version of a document",
    status_code=201,
    responses=problems(409),
    openapi_extra=form_body(DocumentForm),
)
def post_agreement(
    request: Request,
    party_id: Name,
    asker: Asker,
    key: Key,
    given: Annotated[DocumentForm, Depends(form(DocumentForm))],
) -> RecordNumber:
    """Agree, freshly signed in; it is kept as long as the law asks for it and cannot be withdrawn."""
    doors: Doors = request.app.state.doors
    require(asker, Action.GIVE_CONSENT, of_party(party_id))
    document = Document(given.name, given.version, given.sha256)
    content = given.model_dump(mode="json") | {"party": party_id}

    def work(steps: Steps) -> dict[str, Any]:
        return {
            "number": people.agree(
                steps, doors.rules.on(doors.steps.clock().date()), party_id, document, asker.account
            ).number
        }

    return RecordNumber(**once_by_key(doors.steps, asker, "agree", key, content, work))


@ROUTER.get("/export", summary="Export all that is on record about one", response_model=ExportItem)
def get_export(request: Request, party_id: Name, asker: Asker) -> JSONResponse:
    """Every row about the own party, freshly signed in; that it was asked for stands in the journal."""
    doors: Doors = request.app.state.doors
    require(asker, Action.EXPORT_PERSON, of_party(party_id))
    return JSONResponse(export(doors.steps, party_id, asker.account))


@ROUTER.post(
    "/erasure",
    summary="Ask that a person's data be erased",
    responses=problems(409),
    openapi_extra=form_body(ErasureForm),
)
def post_erasure(
    request: Request,
    party_id: Name,
    asker: Asker,
    key: Key,
    given: Annotated[ErasureForm, Depends(form(ErasureForm))],
) -> ErasureItem:
    """One person's word; with the second, of somebody else in the other role, the data are erased."""
    doors: Doors = request.app.state.doors
    require(asker, Action.SEE_PERSON, of_party(party_id))
    content = given.model_dump(mode="json") | {"party": party_id}
    done = once_by_key(
        doors.steps,
        asker,
        "erase-person",
        key,
        content,
        lambda steps: erase(steps, asker, party_id, given.reason)._asdict(),
    )
    return ErasureItem(**done)


def _item(of: PersonRecord) -> PersonRecordItem:
    """What is found again by it (the subject's hash) is nobody's to read."""
    fields = {name: getattr(of, name) for name in PersonRecordItem.model_fields}
    body = {name: value for name, value in of.body.items() if name != "subject_hash"}
    return PersonRecordItem.model_validate(fields | {"body": body})
