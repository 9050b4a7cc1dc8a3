"""Our own node profile: what another controller that looks for devices hears from this one."""

import secrets
from dataclasses import dataclass, field

from gateways.echonet.frame import Esv, Frame, Property
from gateways.echonet.node import CONTROLLER, INSTANCES, KIND
from gateways.echonet.property_map import GETS, INFORMS, SETS, encode_map

NO_MAKER = b"\xff\xff\xff"  # the code for who has none
ON = b"\x30"
VERSION = bytes.fromhex("010d0100")  # 1.13, frames of the fixed form
OURSELVES = CONTROLLER.kind.to_bytes(2) + bytes([CONTROLLER.instance])


@dataclass(frozen=True, slots=True)
class Profile:
    """A node with one object, a controller. number: 13 bytes that no other node has."""

    number: bytes = field(default_factory=lambda: secrets.token_bytes(13))

    def answer(self, question: Frame) -> Frame | None:
        """What a Get of our node profile is answered with, None for anything else."""
        if question.esv is not Esv.GET or question.deoj.kind != KIND:
            return None
        known = self._values()
        told = tuple(Property(each.epc, known.get(each.epc, b"")) for each in question.properties)
        service = Esv.GET_RES if all(each.edt for each in told) else Esv.GET_SNA
        return Frame(question.tid, question.deoj._replace(instance=1), question.seoj, service, told)

    def _values(self) -> dict[int, bytes]:
        values = {
            0x80: ON,
            0x82: VERSION,
            0x83: b"\xfe" + NO_MAKER + self.number,
            0x8A: NO_MAKER,
            INFORMS: encode_map(frozenset({0x80, 0xD5})),
            SETS: encode_map(frozenset()),
            0xD3: (1).to_bytes(3),
            0xD4: (2).to_bytes(2),
            0xD5: b"\x01" + OURSELVES,
            INSTANCES: b"\x01" + OURSELVES,
            0xD7: b"\x01" + OURSELVES[:2],
        }
        return {**values, GETS: encode_map(frozenset({*values, GETS} - {0xD5}))}
