"""OpenADR 2.0b on the side of a VEN: the envelope, how it is opened, and what we say of ourselves and of events.

XML from outside is parsed without entities or document types, and within bounds of size and depth.
"""

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from domain.errors import OutsideFailed

MESSAGE_BYTES_MAX = 1024 * 1024
DEPTH_MAX = 40
PAYLOADS = "http://docs.oasis-open.org/ns/energyinterop/201110/payloads"
EI = "http://docs.oasis-open.org/ns/energyinterop/201110"
XCAL = "urn:ietf:params:xml:ns:icalendar-2.0"
STREAM = "urn:ietf:params:xml:ns:icalendar-2.0:stream"
OADR = "http://openadr.org/oadr-2.0b/2012/07"


class Reply(NamedTuple):
    """What we say of an event. code: 200, or that of the standard for why it is not followed."""

    event_id: str
    revision: int
    opted: bool
    code: int
    words: str


def parsed(body: bytes) -> Element:
    """The message inside its envelope. Raises OutsideFailed for what is none."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if len(body) > MESSAGE_BYTES_MAX:
        raise OutsideFailed(f"the VTN answers with more than {MESSAGE_BYTES_MAX} bytes")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise OutsideFailed(f"the VTN does not answer in XML: {error}") from None
    _require_shallow(root)
    signed = root.find(f"{{{OADR}}}oadrSignedObject")
    message = next(iter(signed), None) if signed is not None else None
    if message is None:
        raise OutsideFailed("the VTN answers without an oadrSignedObject")
    return message


def _require_shallow(root: Element) -> None:
    level = [root]
    for _ in range(DEPTH_MAX):
        level = [child for each in level for child in each]
    if level:
        raise OutsideFailed(f"the VTN answers in XML that is deeper than {DEPTH_MAX}")


def text_of(element: Element, name: str) -> str:
    """The text of the first element of a name, below or at any depth, whatever its namespace; empty without one."""
    found = element.find(f".//{{*}}{name}")
    return (found.text or "").strip() if found is not None else ""


def registration(ven_name: str, request_id: str, *, signs: bool = False) -> bytes:
    """Ask to be known, as a VEN that pulls."""
    return wrapped(
        f'<oadr:oadrCreatePartyRegistration ei:schemaVersion="2.0b"><pyld:requestID>{escape(request_id)}'
        f"</pyld:requestID><oadr:oadrProfileName>2.0b</oadr:oadrProfileName><oadr:oadrTransportName>simpleHttp"
        f"</oadr:oadrTransportName><oadr:oadrReportOnly>false</oadr:oadrReportOnly><oadr:oadrXmlSignature>{str(signs).lower()}"
        f"</oadr:oadrXmlSignature><oadr:oadrVenName>{escape(ven_name)}</oadr:oadrVenName><oadr:oadrHttpPullModel>true"
        f"</oadr:oadrHttpPullModel></oadr:oadrCreatePartyRegistration>"
    )


def request(ven_id: str, request_id: str) -> bytes:
    """Ask for all events."""
    return wrapped(
        f'<oadr:oadrRequestEvent ei:schemaVersion="2.0b"><pyld:eiRequestEvent><pyld:requestID>{escape(request_id)}'
        f"</pyld:requestID><ei:venID>{escape(ven_id)}</ei:venID></pyld:eiRequestEvent></oadr:oadrRequestEvent>"
    )


def poll(ven_id: str) -> bytes:
    """Ask for whatever waits for us."""
    return wrapped(f'<oadr:oadrPoll ei:schemaVersion="2.0b"><ei:venID>{escape(ven_id)}</ei:venID></oadr:oadrPoll>')


def response(ven_id: str, request_id: str) -> bytes:
    """That we have heard."""
    return wrapped(
        f'<oadr:oadrResponse ei:schemaVersion="2.0b"><ei:eiResponse><ei:responseCode>200</ei:responseCode>'
        f"<pyld:requestID>{escape(request_id)}</pyld:requestID></ei:eiResponse><ei:venID>{escape(ven_id)}</ei:venID>"
        f"</oadr:oadrResponse>"
    )


def created(ven_id: str, request_id: str, replies: Iterable[Reply]) -> bytes:
    """Opt in or out of events."""
    responses = "".join(
        f"<ei:eventResponse><ei:responseCode>{each.code}</ei:responseCode><ei:responseDescription>{escape(each.words)}"
        f"</ei:responseDescription><pyld:requestID>{escape(request_id)}</pyld:requestID>"
        f"<ei:qualifiedEventID><ei:eventID>{escape(each.event_id)}</ei:eventID><ei:modificationNumber>{each.revision}"
        f"</ei:modificationNumber></ei:qualifiedEventID><ei:optType>{'optIn' if each.opted else 'optOut'}</ei:optType>"
        f"</ei:eventResponse>"
        for each in replies
    )
    return wrapped(
        f'<oadr:oadrCreatedEvent ei:schemaVersion="2.0b"><pyld:eiCreatedEvent><ei:eiResponse><ei:responseCode>200'
        f"</ei:responseCode><pyld:requestID>{escape(request_id)}</pyld:requestID></ei:eiResponse><ei:eventResponses>"
        f"{responses}</ei:eventResponses><ei:venID>{escape(ven_id)}</ei:venID></pyld:eiCreatedEvent>"
        f"</oadr:oadrCreatedEvent>"
    )


def wrapped(body: str) -> bytes:
    """A message in its envelope, unsigned. body: XML with the prefixes oadr, ei, pyld, xcal and strm.

    The prefixes stand on the signed object and not around it: what is signed has the same canonical form alone.
    """
    names = f'xmlns:oadr="{OADR}" xmlns:ei="{EI}" xmlns:pyld="{PAYLOADS}" xmlns:xcal="{XCAL}" xmlns:strm="{STREAM}"'
    return _payload(f'<oadr:oadrSignedObject {names} oadr:Id="oadrSignedObject">{body}</oadr:oadrSignedObject>')


def wrapped_whole(signed_object: bytes) -> bytes:
    """A signed object, as it was signed, in an envelope of ours."""
    return _payload(signed_object.decode())


def _payload(inside: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><oadr:oadrPayload xmlns:oadr="{OADR}">{inside}</oadr:oadrPayload>'
    ).encode()
