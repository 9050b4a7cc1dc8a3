"""The node profile, class 0x0EF0: what every host answers to, and the list of what stands behind it."""

from typing import NamedTuple

from domain.errors import Fault
from gateways.echonet.frame import Eoj, object_of
from gateways.echonet.property_map import PropertyMap

KIND = 0x0EF0
NODE = Eoj(KIND)
CONTROLLER = Eoj(0x05FF)
INSTANCES = 0xD6
OBJECT_BYTES = 3


class Device(NamedTuple):
    """One object at one host, with what may be asked of it and what may be set."""

    host: str
    eoj: Eoj
    gets: PropertyMap
    sets: PropertyMap


def instances_of(edt: bytes, where: str = "instances") -> list[Eoj] | Fault:
    """The objects of a node, itself apart; a list that was cut short keeps what it holds whole."""
    if not edt:
        return Fault(where, "empty", "an instance list has at least its count")
    body = edt[1 : 1 + edt[0] * OBJECT_BYTES]
    whole = len(body) // OBJECT_BYTES
    return [object_of(body[place * OBJECT_BYTES : (place + 1) * OBJECT_BYTES]) for place in range(whole)]
