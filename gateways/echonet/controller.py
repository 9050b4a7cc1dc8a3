"""The controller: questions and answers over UDP, one at a time for each host, and what devices say by themselves.

An answer is known by its host, transaction number, object and service; a frame that answers nothing (a duplicate, a
late one, a forged one) is counted and ignored. UDP says nothing about who sent it: a frame by itself is taken as a hint
to ask, never as a value.
"""

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakValueDictionary

from domain.errors import DeviceDown, Fault, RuleBroken
from gateways.echonet.frame import Eoj, Esv, Frame, Property, decode, encode
from gateways.echonet.node import CONTROLLER, INSTANCES, KIND, NODE, Device, instances_of
from gateways.echonet.profile import Profile
from gateways.echonet.property_map import GETS, SETS, PropertyMap, decode_map

PORT = 3610
GROUP = "224.0.23.0"
TIDS = 1 << 16
ANSWERS = {Esv.GET: {Esv.GET_RES, Esv.GET_SNA}, Esv.SETC: {Esv.SET_RES, Esv.SETC_SNA}}
FRAMES_A_SECOND_MAX = 2_000
FRAMES_OF_A_HOST_MAX = 200
HOSTS_MAX = 256
INSTANCES_MAX = 64
DESCRIBING_S_MAX = 20
HINTS_MAX = 256
ANSWER_BYTES_MAX = 1_000
MULTICAST_ALL = 49  # Linux's IP_MULTICAST_ALL, for which Python has no name


@dataclass(frozen=True, slots=True)
class Network:
    """Where the controller listens and how patient it is.

    bind, port: its own address. Devices answer to ``device_port``, so the two are the same, unless the devices are
    known to answer to wherever a question came from: then port 0 takes any. group: empty for a network without
    multicast.
    """

    bind: str = "0.0.0.0"
    port: int = PORT
    device_port: int = PORT
    group: str = GROUP
    timeout_s: float = 2.0
    retries: int = 2
    discovery_s: float = 3.0


class Hint(NamedTuple):
    """A device said something by itself: it is worth asking."""

    host: str
    eoj: Eoj
    epcs: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is waited for. host: None while anybody may answer."""

    host: str | None
    frame: Frame
    answered: "asyncio.Future[Frame]"
    answers: dict[str, Frame] = field(default_factory=dict)

    def is_answered_by(self, host: str, frame: Frame) -> bool:
        asked = self.frame.deoj
        same = frame.seoj == asked or frame.seoj.kind == asked.kind == KIND
        return same and self.host in (None, host) and frame.esv in ANSWERS[self.frame.esv]


class Controller(asyncio.DatagramProtocol):
    """Open with :meth:`open`, close with :meth:`close`; both, and everything else, on one event loop.

    ``ignored``: how many frames were, by why. ``hints``: what devices said by themselves, the newest left out when
    nobody listens.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._transports: list[asyncio.DatagramTransport] = []
        self._questions: dict[int, _Question] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tid = secrets.randbelow(TIDS)
        self._second = 0
        self._heard: Counter[str] = Counter()
        self._profile = Profile()
        self.hints: asyncio.Queue[Hint] = asyncio.Queue(HINTS_MAX)
        self.ignored: Counter[str] = Counter()

    async def open(self) -> None:
        """Take the sockets. Raises DeviceDown when another program has the address to itself."""
        network, loop = self._network, asyncio.get_running_loop()
        try:
            sockets = [_own_socket(network)] + ([_group_socket(network)] if network.group else [])
        except OSError as error:
            where = f"{network.bind}:{network.port}"
            raise DeviceDown(f"cannot listen on {where} ({error.strerror}): choose another bind or port") from error
        for taken in sockets:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=taken)
            self._transports.append(transport)

    def close(self) -> None:
        """Give the sockets back."""
        for transport in self._transports:
            transport.close()

    async def get(self, device: Device, epcs: Iterable[int]) -> dict[int, bytes]:
        """Bytes by code, of those properties that the device has and tells. Raises DeviceDown."""
        wanted = [Property(epc) for epc in epcs if epc in device.gets.epcs or not device.gets.complete]
        return (await self.ask(device.host, device.eoj, Esv.GET, wanted)).values if wanted else {}

    async def set(self, device: Device, epc: int, edt: bytes) -> None:
        """Set one property. Raises DeviceDown, and RuleBroken when the device refuses."""
        answer = await self.ask(device.host, device.eoj, Esv.SETC, [Property(epc, edt)])
        if answer.esv is not Esv.SET_RES:
            raise RuleBroken(f"{device.host} {device.eoj.kind:04x} refuses {epc:02x} = {edt.hex()}")

    async def ask(self, host: str, eoj: Eoj, esv: Esv, properties: Sequence[Property]) -> Frame:
        """Ask one object and wait for its answer, again under the same number when none comes. Raises DeviceDown.

        One question at a time to a host, in the order of asking: small devices lose what comes faster.
        """
        async with self._turns.setdefault(host, asyncio.Lock()):
            question = self._question(host, Frame(self._next_tid(), CONTROLLER, eoj, esv, tuple(properties)))
            try:
                for _ in range(self._network.retries + 1):
                    self._send(question.frame, host)
                    with suppress(TimeoutError):
                        return await asyncio.wait_for(asyncio.shield(question.answered), self._network.timeout_s)
            finally:
                del self._questions[question.frame.tid]
        raise DeviceDown(f"{host} {eoj.kind:04x} does not answer on UDP {self._network.device_port}")

    async def discover(self, hosts: Sequence[str] = ()) -> list[Device]:
        """Every object of the named hosts, or of whoever answers the group when none is named, by host and object.

        A host that does not answer, or not in form, has none; one that takes too long to say what it has is left out,
        so that no host keeps the others waiting.
        """
        answers = await (self._ask_each(hosts) if hosts else self._ask_group())
        if not answers:
            return []
        looks = [asyncio.create_task(self._objects(host, frame)) for host, frame in answers.items()]
        done, late = await asyncio.wait(looks, timeout=DESCRIBING_S_MAX)
        for each in late:
            each.cancel()
        return sorted((device for each in done for device in each.result()), key=lambda device: device[:2])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take in what arrived: within bounds, in form, and asked for or worth a question."""
        host = addr[0]
        if self._floods(host):
            self.ignored["flood"] += 1
            return
        frame = decode(data, host)
        if isinstance(frame, Fault):
            self.ignored[frame.code] += 1
        elif frame.esv in (Esv.INF, Esv.INFC):
            self._heard_of(host, frame)
        elif (answer := self._profile.answer(frame)) is not None:
            self._answer(answer, host)
        elif (question := self._questions.get(frame.tid)) is None or not question.is_answered_by(host, frame):
            self.ignored["not_asked"] += 1
        elif question.host is None and len(question.answers) < HOSTS_MAX:
            question.answers.setdefault(host, frame)
        elif question.host is not None and not question.answered.done():
            question.answered.set_result(frame)
        else:
            self.ignored["duplicate"] += 1

    def error_received(self, exc: Exception) -> None:
        """Count what the network says of our own datagrams (a port unreachable); the question times out."""
        self.ignored["network"] += 1

    async def _objects(self, host: str, frame: Frame) -> list[Device]:
        """The objects that a host lists, up to the first of which it says nothing."""
        listed, found = instances_of(frame.values.get(INSTANCES, b""), host), []
        with suppress(DeviceDown):
            for eoj in [] if isinstance(listed, Fault) else sorted(set(listed))[:INSTANCES_MAX]:
                found.append(await self._described(host, eoj))
        return found

    async def _described(self, host: str, eoj: Eoj) -> Device:
        values = (await self.ask(host, eoj, Esv.GET, [Property(SETS), Property(GETS)])).values
        maps = [decode_map(values.get(epc, b""), host) for epc in (GETS, SETS)]
        gets, sets = (PropertyMap(frozenset(), False) if isinstance(each, Fault) else each for each in maps)
        return Device(host, eoj, gets, sets)

    async def _ask_each(self, hosts: Sequence[str]) -> dict[str, Frame]:
        asked = (self.ask(host, NODE, Esv.GET, [Property(INSTANCES)]) for host in hosts)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        wrong = [each for each in answers if isinstance(each, BaseException) and not isinstance(each, DeviceDown)]
        if wrong:
            raise wrong[0]
        return {host: frame for host, frame in zip(hosts, answers, strict=True) if isinstance(frame, Frame)}

    async def _ask_group(self) -> dict[str, Frame]:
        if not self._network.group:
            return {}
        question = self._question(None, Frame(self._next_tid(), CONTROLLER, NODE, Esv.GET, (Property(INSTANCES),)))
        try:
            self._send(question.frame, self._network.group)
            await asyncio.sleep(self._network.discovery_s)
        finally:
            del self._questions[question.frame.tid]
        return question.answers

    def _heard_of(self, host: str, frame: Frame) -> None:
        if frame.esv is Esv.INFC:
            received = tuple(Property(each.epc) for each in frame.properties)
            self._answer(Frame(frame.tid, frame.deoj, frame.seoj, Esv.INFC_RES, received), host)
        if self.hints.full():
            self.ignored["hint"] += 1
        else:
            self.hints.put_nowait(Hint(host, frame.seoj, frozenset(each.epc for each in frame.properties)))

    def _question(self, host: str | None, frame: Frame) -> _Question:
        question = _Question(host, frame, asyncio.get_running_loop().create_future())
        self._questions[frame.tid] = question
        return question

    def _next_tid(self) -> int:
        self._tid = (self._tid + 1) % TIDS
        while self._tid in self._questions:
            self._tid = (self._tid + 1) % TIDS
        return self._tid

    def _send(self, frame: Frame, host: str) -> None:
        self._transports[0].sendto(encode(frame), (host, self._network.device_port))

    def _answer(self, frame: Frame, host: str) -> None:
        """Many short questions make one answer that fits no datagram; nobody honest asks so."""
        if sum(2 + len(each.edt) for each in frame.properties) <= ANSWER_BYTES_MAX:
            self._send(frame, host)
        else:
            self.ignored["too_much"] += 1

    def _floods(self, host: str) -> bool:
        """Whether this second has had its fill, of all or of one host. What is remembered goes with the second."""
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._heard = second, Counter()
        if self._heard.total() >= FRAMES_A_SECOND_MAX or self._heard[host] >= FRAMES_OF_A_HOST_MAX:
            return True
        self._heard[host] += 1
        return False


def _own_socket(network: Network) -> socket.socket:
    """Where answers come. Its address is its own, so that two controllers on one host do not take each other's."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.setblocking(False)
    if network.bind != "0.0.0.0":
        # Beside a program that listens on every address of this port; answers to ours still come to us alone.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(network.bind))
    if network.group:
        with suppress(OSError):  # where the system has no such option, a group's frame may come twice, which is no harm
            taken.setsockopt(socket.IPPROTO_IP, MULTICAST_ALL, 0)
    taken.bind((network.bind, network.port))
    return taken


def _group_socket(network: Network) -> socket.socket:
    """Where devices speak to everybody."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.setblocking(False)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((network.group, network.device_port))
    membership = socket.inet_aton(network.group) + socket.inet_aton(network.bind)
    taken.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return taken
