"""The streams on the broker, and the connection to them.

The broker stores a message of QoS 1 in its stream ``$MQTT_msgs`` and acknowledges it after that. The stream is made by
us, with bounds, before the first meter is let in: it keeps a message until the intake has it in the database and tells
the broker to forget it, and when it is full, the broker refuses a message and the meter keeps it.

Messages are forgotten many at a time, up to the first that is not acknowledged. A stream that forgets each by itself
writes a mark for each, and waits for the disk with it, as often as for the messages.
"""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.errors import ErrConnectionClosed
from nats.errors import Error as BrokerError
from nats.errors import NoServersError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError

from domain.errors import BrokerDown
from gateways.broker.configuration import MARKET_BYTES_MAX, MESSAGE_BYTES_MAX, SHARDS
from gateways.broker.topics import ALL_READINGS, STORED

LOG = logging.getLogger(__name__)
MESSAGES = "$MQTT_msgs"
INTAKE = "intake"
REFUSED = "REFUSED_READINGS"
REFUSED_SUBJECT = "gridpact.refused"
REFUSED_KEPT_S = 90 * 24 * 3600
REFUSED_BYTES_MAX = 256 * 1024**2 // SHARDS
HANDED_OUT_MAX = 20_000
ACKNOWLEDGED_S_MAX = 20
CONNECT_S_MAX = 5
CONNECTED_S_MAX = 10
BrokerErrors = (BrokerError, NoServersError, ErrConnectionClosed, OSError)


class Line(NamedTuple):
    """How an account of a broker is reached. url: with user and password. authority: whose certificate a server of
    somebody else must show, in PEM; None where the machine's own authorities will do, or nothing is encrypted.
    """

    url: str
    authority: Path | None = None


async def connected(line: Line) -> Client:
    """A connection that comes back by itself when the broker does. Raises BrokerDown when it is not there now."""
    client = Client()
    heard: list[Exception] = []

    async def tell(error: Exception) -> None:
        LOG.info("the connection to the broker: %s %s", type(error).__name__, error)
        heard.append(error)

    trust = ssl.create_default_context(cafile=str(line.authority)) if line.authority else None
    try:
        async with asyncio.timeout(CONNECTED_S_MAX):  # it would try for ever, as it does once it was connected
            await client.connect(
                line.url, tls=trust, connect_timeout=CONNECT_S_MAX, reconnect_time_wait=1, max_reconnect_attempts=-1,
                error_cb=tell, name="gridpact",
            )  # fmt: skip
    except BrokerErrors as error:
        await client.close()
        said = [each for each in heard if not isinstance(each, OSError)] or heard or [error]  # its own word, if any
        raise BrokerDown(f"the message broker does not answer: {type(said[-1]).__name__} {said[-1]}") from error
    return client


async def prepare(client: Client) -> JetStreamContext:
    """Make the streams and the intake's consumer, or find them. Raises BrokerDown."""
    streams = client.jetstream()
    try:
        for config in (_messages(), _refused()):
            await _kept(streams, config)
        await streams.add_consumer(MESSAGES, _intake())
    except BrokerErrors as error:
        raise BrokerDown(f"the message broker made no streams: {error}") from error
    return streams


async def forget(streams: JetStreamContext, forgotten: int) -> int:
    """Let the broker forget what the intake has acknowledged without a gap, beyond what is ``forgotten`` already.

    The last number that is forgotten now. Raises one of BrokerErrors.
    """
    told = await streams.consumer_info(MESSAGES, INTAKE)
    floor = told.ack_floor.stream_seq if told.ack_floor else 0
    if floor > forgotten:
        await streams.purge_stream(MESSAGES, seq=floor + 1)
    return floor


async def _kept(streams: JetStreamContext, config: StreamConfig) -> None:
    try:
        await streams.add_stream(config)
    except APIError as error:
        if error.err_code != 10058:  # a stream of this name with other settings: one of an earlier version
            raise
        await streams.update_stream(config)


def _messages() -> StreamConfig:
    return StreamConfig(
        name=MESSAGES,
        subjects=[f"{STORED}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=MARKET_BYTES_MAX // SHARDS // 2,
        max_msg_size=MESSAGE_BYTES_MAX,
    )


def _intake() -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=INTAKE,
        filter_subject=ALL_READINGS,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACKNOWLEDGED_S_MAX,
        max_ack_pending=HANDED_OUT_MAX,
    )


def _refused() -> StreamConfig:
    return StreamConfig(
        name=REFUSED,
        subjects=[f"{REFUSED_SUBJECT}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=REFUSED_KEPT_S,
        max_bytes=REFUSED_BYTES_MAX,
        duplicate_window=3600,
    )
