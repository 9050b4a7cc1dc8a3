"""The controller at real devices, and at hosts that lie, repeat themselves, fall silent or flood."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from household import HOST, HUB, Household, free_port, household

from domain.errors import DeviceDown, RuleBroken
from gateways.echonet import meter
from gateways.echonet.controller import FRAMES_OF_A_HOST_MAX, Controller, Network
from gateways.echonet.frame import Eoj, Esv, Frame, Property, decode, encode
from gateways.echonet.node import CONTROLLER, NODE, Device
from gateways.echonet.property_map import PropertyMap

METER = Device(HOST, Eoj(meter.KIND), PropertyMap(frozenset({0xE1, 0xE7})), PropertyMap(frozenset()))


@pytest.fixture(scope="module")
def home() -> Iterator[Household]:
    with household() as running:
        yield running


@asynccontextmanager
async def opened(network: Network) -> AsyncIterator[Controller]:
    controller = Controller(network)
    await controller.open()
    try:
        yield controller
    finally:
        controller.close()


def test_real_devices_are_found_by_address_and_by_the_group(home: Household) -> None:
    """Four objects with their maps, of which the meter's and the battery's come as bits."""

    async def look() -> tuple[list[Device], list[Device]]:
        async with opened(home.network) as controller:
            return await controller.discover([HOST]), await controller.discover()

    by_address, by_group = asyncio.run(look())
    assert [device.eoj for device in by_address] == [Eoj(0x0279), Eoj(0x027D), Eoj(0x027E), Eoj(0x0288)]
    assert by_group == by_address
    assert all(device.gets.complete and device.sets.complete for device in by_address)
    assert by_address[1].sets.epcs == {0xAA, 0xAB, 0xDA, 0xEB, 0xEC}


def test_a_host_that_is_not_there_has_no_devices(home: Household) -> None:
    """The others are found all the same."""

    async def look() -> list[Device]:
        async with opened(home.network) as controller:
            return await controller.discover([HOST, "127.0.0.9"])

    assert {device.host for device in asyncio.run(look())} == {HOST}


def test_a_real_device_is_set_or_refuses(home: Household) -> None:
    """What stands in its set map it takes; anything else it refuses, and we hear so."""

    async def set_two() -> None:
        async with opened(home.network) as controller:
            store = next(each for each in await controller.discover([HOST]) if each.eoj.kind == 0x027D)
            await controller.set(store, 0xDA, b"\x43")
            assert await controller.get(store, [0xDA]) == {0xDA: b"\x43"}
            with pytest.raises(RuleBroken, match="refuses e2"):
                await controller.set(store, 0xE2, bytes(4))

    asyncio.run(set_two())


def test_what_a_real_device_says_by_itself_is_a_hint(home: Household) -> None:
    """The group carries it to us."""

    async def hear() -> Any:
        async with opened(home.network) as controller:
            await asyncio.to_thread(home.tell, "say 028801 ea")
            return await asyncio.wait_for(controller.hints.get(), 5)

    hint = asyncio.run(hear())
    assert (hint.host, hint.eoj, hint.epcs) == (HOST, Eoj(meter.KIND), {0xEA})


Answers = Callable[[Frame], list[tuple[Frame, float]]]
Work = Callable[[Controller, socket.socket], Awaitable[Any]]


def with_device(answers: Answers, work: Work, **patience: float) -> Any:
    """Run work beside a device of ours whose answers come after so many seconds each."""
    port = free_port()

    async def run() -> Any:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            device.setblocking(False)
            device.bind((HOST, port))

            def receive() -> None:
                data, addr = device.recvfrom(65_536)
                frame = decode(data)
                assert isinstance(frame, Frame)
                for answer, after_s in answers(frame):
                    loop.call_later(after_s, device.sendto, encode(answer), addr)

            loop.add_reader(device, receive)
            settings: dict[str, Any] = {"timeout_s": 0.1, "retries": 2, **patience}
            async with opened(Network(HUB, 0, port, "", **settings)) as controller:
                return await work(controller, device)

    return asyncio.run(run())


def told(question: Frame, edt: bytes = b"\x02") -> Frame:
    """A good answer."""
    properties = tuple(Property(each.epc, edt) for each in question.properties)
    return Frame(question.tid, question.deoj, question.seoj, Esv.GET_RES, properties)


def test_a_question_is_asked_again_and_then_given_up() -> None:
    """Three times in all, under one number, so that a late answer to the first still counts."""
    heard: list[Frame] = []

    def silent(frame: Frame) -> list[tuple[Frame, float]]:
        heard.append(frame)
        return []

    async def work(controller: Controller, _: socket.socket) -> None:
        with pytest.raises(DeviceDown, match="does not answer"):
            await controller.get(METER, [0xE1])

    with_device(silent, work)
    assert len(heard) == 3
    assert len({frame.tid for frame in heard}) == 1


def test_late_and_double_answers_count_once() -> None:
    """The first answer comes after the second question; the rest answer nothing and are counted."""

    async def work(controller: Controller, _: socket.socket) -> tuple[Any, int]:
        values = await controller.get(METER, [0xE1])
        await asyncio.sleep(0.3)
        return values, controller.ignored["not_asked"] + controller.ignored["duplicate"]

    values, ignored = with_device(lambda frame: [(told(frame), 0.15), (told(frame, b"\x09"), 0.16)], work)
    assert values == {0xE1: b"\x02"}
    assert ignored == 3


def test_an_answer_of_another_object_service_or_number_is_none() -> None:
    """Only the good one, which comes last, counts."""

    def lies(frame: Frame) -> list[tuple[Frame, float]]:
        good = told(frame)
        wrong_object = Frame(good.tid, Eoj(0x0130), good.deoj, good.esv, told(frame, b"\x03").properties)
        wrong_service = Frame(good.tid, good.seoj, good.deoj, Esv.SET_RES, told(frame, b"\x04").properties)
        wrong_number = Frame(good.tid ^ 1, good.seoj, good.deoj, good.esv, told(frame, b"\x05").properties)
        return [(each, 0.0) for each in (wrong_object, wrong_service, wrong_number)] + [(good, 0.05)]

    async def work(controller: Controller, _: socket.socket) -> Any:
        return await controller.get(METER, [0xE1]), controller.ignored["not_asked"]

    assert with_device(lies, work) == ({0xE1: b"\x02"}, 3)


def test_one_question_at_a_time_goes_to_a_host() -> None:
    """Small devices lose what comes faster."""
    open_now, most = 0, 0

    def counting(frame: Frame) -> list[tuple[Frame, float]]:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        asyncio.get_running_loop().call_later(0.02, answered)
        return [(told(frame), 0.02)]

    def answered() -> None:
        nonlocal open_now
        open_now -= 1

    async def work(controller: Controller, _: socket.socket) -> None:
        await asyncio.gather(*(controller.get(METER, [0xE1]) for _ in range(8)))

    with_device(counting, work, timeout_s=1.0)
    assert most == 1


def test_a_flood_is_dropped_and_forgotten() -> None:
    """Past its share of a second a host is not even decoded; afterwards it is heard again."""

    async def work(controller: Controller, _: socket.socket) -> Any:
        frame = encode(Frame(1, Eoj(meter.KIND), NODE, Esv.INF, (Property(0xE7, bytes(4)),)))
        for _sent in range(3 * FRAMES_OF_A_HOST_MAX):
            controller.datagram_received(frame, ("10.9.9.9", 3610))
        dropped = controller.ignored["flood"]
        await asyncio.sleep(1.1)
        return dropped, controller.hints.qsize(), await controller.get(METER, [0xE1])

    dropped, hints, values = with_device(lambda frame: [(told(frame), 0.0)], work)
    assert dropped >= FRAMES_OF_A_HOST_MAX  # a second may turn in between
    assert hints <= 256
    assert values == {0xE1: b"\x02"}


def test_rubbish_is_counted_by_its_fault() -> None:
    """And changes nothing else."""

    async def work(controller: Controller, _: socket.socket) -> dict[str, int]:
        for data in (b"", b"\x10\x82" + bytes(20), bytes(40), encode(Frame(1, NODE, NODE, Esv.GET, ()))[:-1]):
            controller.datagram_received(data, ("10.9.9.9", 3610))
        return dict(controller.ignored)

    assert with_device(lambda frame: [], work) == {"wrong_length": 2, "wrong_header": 2}


def test_a_host_that_lists_objects_and_says_nothing_of_them_is_given_up() -> None:
    """At the first that is silent, not after sixty-four times the patience."""
    heard: list[Frame] = []

    def promises(frame: Frame) -> list[tuple[Frame, float]]:
        heard.append(frame)
        objects = b"".join(bytes([2, 0x88, place]) for place in range(1, 65))
        return [(told(frame, bytes([64]) + objects), 0.0)] if frame.deoj == NODE else []

    async def work(controller: Controller, _: socket.socket) -> list[Device]:
        return await controller.discover([HOST])

    assert with_device(promises, work) == []
    assert len(heard) == 4


def test_another_controller_finds_our_node() -> None:
    """A Get of the node profile is answered; a code that it has not makes the answer a partial one; INFC is thanked."""

    async def work(controller: Controller, device: socket.socket) -> list[Frame]:
        loop = asyncio.get_running_loop()
        loop.remove_reader(device)
        asked = Frame(7, CONTROLLER, Eoj(0x0EF0, 0), Esv.GET, (Property(0xD6), Property(0x9F), Property(0xFF)))
        informed = Frame(8, Eoj(meter.KIND), CONTROLLER, Esv.INFC, (Property(0xEA, bytes(11)),))
        for frame in (asked, informed):
            controller.datagram_received(encode(frame), (HOST, 3610))
        heard = [decode(await loop.sock_recv(device, 2048)) for _ in range(2)]
        return [frame for frame in heard if isinstance(frame, Frame)]

    told_us, thanks = with_device(lambda frame: [], work)
    assert (told_us.tid, told_us.seoj, told_us.esv) == (7, NODE, Esv.GET_SNA)
    assert told_us.values[0xD6] == bytes.fromhex("0105ff01")
    assert (thanks.tid, thanks.esv, thanks.properties) == (8, Esv.INFC_RES, (Property(0xEA),))
