"""Certificates of equipment, who may issue them, and the status lists that say which were taken back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.postgresql import insert

from domain.errors import Conflict
from memory import tables


@dataclass(frozen=True, slots=True)
class IssuerRow:
    """Who may certify. kind: operator or installer. jwk: its public key."""

    id: str
    kind: str
    jwk: Mapping[str, str]
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """The certificate of one device, as it came. refused_at: since when it counts no more."""

    device_id: str
    issuer: str
    text: str
    accepted_at: datetime
    refused_at: datetime | None = None


def register(tx: Connection, issuer: IssuerRow) -> bool:
    """Register an issuer; whether it is new. Raises Conflict when its name stands for another key."""
    known = issuers(tx).get(issuer.id)
    if known is not None and (known.kind, known.jwk) != (issuer.kind, issuer.jwk):
        raise Conflict(f"issuer {issuer.id} is registered with another key or kind; register a new name")
    if known is None:
        tx.execute(insert(tables.certificate_issuer).values(asdict(issuer)))
    return known is None


def issuers(tx: Connection) -> dict[str, IssuerRow]:
    """Every issuer, by id."""
    return {row["id"]: IssuerRow(**row) for row in tx.execute(select(tables.certificate_issuer)).mappings()}


def put_list(tx: Connection, claims: Mapping[str, Any], at: datetime) -> None:
    """Keep a status list; it replaces the one of the same address."""
    row = {"uri": claims["sub"], "issuer": claims["iss"], "claims": dict(claims), "taken_at": at}
    _replace(tx, tables.status_list, "uri", row)


def lists(tx: Connection) -> dict[str, dict[str, Any]]:
    """The claims of every status list, by its address."""
    return {row.uri: dict(row.claims) for row in tx.execute(select(tables.status_list))}


def put(tx: Connection, certificate: CertificateRow) -> None:
    """Keep a certificate; it replaces the device's earlier one."""
    _replace(tx, tables.device_certificate, "device_id", asdict(certificate))


def all(tx: Connection) -> dict[str, CertificateRow]:  # noqa: A001
    """Every device's certificate, by device."""
    wanted = select(tables.device_certificate).order_by(tables.device_certificate.c.device_id)
    return {row["device_id"]: CertificateRow(**row) for row in tx.execute(wanted).mappings()}


def _replace(tx: Connection, table: Table, key: str, row: dict[str, Any]) -> None:
    new = insert(table).values(row)
    changed = {name: new.excluded[name] for name in row if name != key}
    tx.execute(new.on_conflict_do_update(index_elements=[key], set_=changed))
