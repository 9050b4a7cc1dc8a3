"""The XML documents in a file that came from outside: one by itself, or several in a zip.

Nothing is unpacked to a disk, and nothing is believed of what a zip says of itself: every document is read up to a
bound and no further. Document types and entities are refused, so that no bomb and no foreign file can hide in one.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from domain.errors import Fault, InputRefused

FILE_BYTES_MAX = 64 * 2**20
DOCUMENT_BYTES_MAX = 32 * 2**20
ALL_BYTES_MAX = 256 * 2**20
DOCUMENTS_MAX = 1_000
RATIO_MAX = 200
RATIO_FROM_BYTES = 2**20
ENCRYPTED = 1
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]{0,200}\?>""")
JAPANESE = {"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932", "ms932"}


class Document(NamedTuple):
    """One document: where it stands, for people, and its root with plain names (no namespaces)."""

    where: str
    root: Element


def read_file(path: Path) -> bytes:
    """A whole file. Raises InputRefused when it is missing, no file, or too large."""
    if not path.is_file():
        raise InputRefused([Fault(path.name, "missing_file", f"there is no file {path}")])
    if path.stat().st_size > FILE_BYTES_MAX:
        raise InputRefused([_too_large(path.name, "the file", FILE_BYTES_MAX)])
    return path.read_bytes()


def documents(name: str, content: bytes) -> list[Document]:
    """Every document of a file, in the zip's order. Raises InputRefused with the faults of all documents."""
    found, faults = [], []
    for where, text in _texts(name, content):
        try:
            found.append(Document(where, _parsed(text)))
        except (ParseError, ValueError, LookupError) as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            faults.append(Fault(where, "not_xml", f"this is not XML that we read ({reason[:200]}): ask for it again"))
    if not (found or faults):
        faults.append(Fault(name, "empty_archive", "the zip holds no document"))
    if faults:
        raise InputRefused(faults)
    return found


def _texts(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if not content.startswith(b"PK"):
        if len(content) > DOCUMENT_BYTES_MAX:
            raise InputRefused([_too_large(name, "the document", DOCUMENT_BYTES_MAX)])
        yield name, content
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from _members(name, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputRefused([Fault(name, "broken_zip", f"the zip cannot be read: {error}")]) from error


def _members(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > DOCUMENTS_MAX:
        raise InputRefused([Fault(name, "too_many", f"{len(infos)} documents; a zip has at most {DOCUMENTS_MAX}")])
    left = ALL_BYTES_MAX
    for info in infos:
        where = f"{name}/{info.filename[:100]}"
        if info.flag_bits & ENCRYPTED:
            raise InputRefused([Fault(where, "encrypted", "this entry is encrypted: unlock the zip first")])
        text = _unpacked(where, archive, info, min(left, DOCUMENT_BYTES_MAX))
        left -= len(text)
        yield where, text


def _unpacked(where: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, bytes_max: int) -> bytes:
    """At most ``bytes_max`` of an entry, and far fewer of one that swells too much."""
    swelling = max(RATIO_MAX * info.compress_size, RATIO_FROM_BYTES)
    with archive.open(info) as entry:
        text = entry.read(min(bytes_max, swelling) + 1)
    if len(text) > swelling:
        message = f"it swells more than {RATIO_MAX} times when unpacked: this is no honest file"
        raise InputRefused([Fault(where, "zip_bomb", message)])
    if len(text) > bytes_max:
        raise InputRefused([_too_large(where, "the unpacked document", bytes_max)])
    return text


def _parsed(text: bytes) -> Element:
    """The root. Raises ValueError (defusedxml's refusals are such) or ParseError."""
    from defusedxml.ElementTree import fromstring

    root: Element = fromstring(_decoded(text), forbid_dtd=True)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _decoded(text: bytes) -> bytes | str:
    """Shift_JIS as text, which the parser cannot read by itself; everything else as it is."""
    declared = _ENCODING.match(text)
    if declared and declared[1].decode("ascii").lower() in JAPANESE:
        return text[declared.end() :].decode("cp932")
    return text


def _too_large(where: str, what: str, bytes_max: int) -> Fault:
    return Fault(where, "too_large", f"{what} is larger than {bytes_max // 2**20} MB")
