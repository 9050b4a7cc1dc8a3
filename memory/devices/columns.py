"""The kinds of column that every table is made of, and the one register of tables.

Ids are text that sorts by bytes (collation C), so that the order of rows is the same on every server.
"""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def text_column(name: str, *, nullable: bool = False, key: bool = False) -> "Column[str]":
    """Text that sorts by its bytes."""
    return Column(name, Text(collation="C"), nullable=nullable, primary_key=key)


def whole_column(name: str, *, nullable: bool = False, key: bool = False) -> "Column[int]":
    """A whole number of 64 bits that the program gives."""
    return Column(name, BigInteger, nullable=nullable, primary_key=key, autoincrement=False)


def json_column(name: str, *, nullable: bool = False) -> "Column[object]":
    """Plain JSON; None is NULL."""
    return Column(name, JSONB(none_as_null=True), nullable=nullable)


def moment_column(name: str, *, nullable: bool = False, key: bool = False) -> Column[object]:
    """A moment with its time zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable, primary_key=key)


def yes_no_column(name: str) -> "Column[bool]":
    """True or false."""
    return Column(name, Boolean, nullable=False)


def bytes_column(name: str) -> "Column[bytes]":
    """Bytes."""
    return Column(name, LargeBinary, nullable=False)
