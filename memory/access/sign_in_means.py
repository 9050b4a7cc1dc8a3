"""With what an account signs in: password, one-time secret, passkeys, recovery codes. None of it is readable here."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as put

from memory import tables


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey. id: the credential's id in hex. sign_count: the last that its device told."""

    id: str
    account_id: str
    public_key: bytes
    sign_count: int
    name: str
    made_at: datetime


def set_password(tx: Connection, account_id: str, hash_: str) -> None:
    """Replace the password's argon2id hash."""
    new = put(tables.password).values(account_id=account_id, hash=hash_)
    tx.execute(new.on_conflict_do_update(index_elements=["account_id"], set_={"hash": hash_}))


def password_hash(tx: Connection, account_id: str) -> str | None:
    """The password's hash, None when there is none."""
    wanted = select(tables.password.c.hash).where(tables.password.c.account_id == account_id)
    return tx.execute(wanted).scalar_one_or_none()


def set_one_time_secret(tx: Connection, account_id: str, sealed: bytes) -> None:
    """Replace the sealed one-time secret."""
    new = put(tables.one_time_secret).values(account_id=account_id, sealed=sealed)
    tx.execute(new.on_conflict_do_update(index_elements=["account_id"], set_={"sealed": sealed}))


def one_time_secret(tx: Connection, account_id: str) -> bytes | None:
    """The sealed one-time secret, None when there is none."""
    secret = tables.one_time_secret.c
    sealed = tx.execute(select(secret.sealed).where(secret.account_id == account_id)).scalar_one_or_none()
    return bytes(sealed) if sealed is not None else None


def add_passkey(tx: Connection, passkey: PasskeyRow) -> bool:
    """Keep a passkey; False when the credential is known already."""
    new = put(tables.passkey).values(asdict(passkey)).on_conflict_do_nothing().returning(tables.passkey.c.id)
    return tx.execute(new).one_or_none() is not None


def passkey(tx: Connection, id_: str) -> PasskeyRow | None:
    """One passkey, None when nobody has it. Others wait until we are done with it."""
    row = tx.execute(select(tables.passkey).where(tables.passkey.c.id == id_).with_for_update()).one_or_none()
    return PasskeyRow(**{**row._mapping, "public_key": bytes(row.public_key)}) if row is not None else None


def passkeys(tx: Connection, account_id: str) -> list[str]:
    """The ids of an account's passkeys, sorted."""
    wanted = select(tables.passkey.c.id).where(tables.passkey.c.account_id == account_id).order_by(tables.passkey.c.id)
    return list(tx.execute(wanted).scalars())


def count_passkey(tx: Connection, id_: str, sign_count: int) -> None:
    """Write down what the passkey's device told last."""
    tx.execute(update(tables.passkey).where(tables.passkey.c.id == id_).values(sign_count=sign_count))


def set_recovery_codes(tx: Connection, account_id: str, hashes: list[str]) -> None:
    """Replace the recovery codes; the earlier ones are good no more."""
    tx.execute(delete(tables.recovery_code).where(tables.recovery_code.c.account_id == account_id))
    tx.execute(insert(tables.recovery_code), [{"account_id": account_id, "code_hash": each} for each in hashes])


def use_recovery_code(tx: Connection, account_id: str, hash_: str) -> bool:
    """Use a recovery code up; False when there is none such."""
    code = tables.recovery_code.c
    used = delete(tables.recovery_code).where(code.account_id == account_id, code.code_hash == hash_)
    return bool(tx.execute(used).rowcount)
