"""Homes' door on the broker: each home sees its site's market, may pause it, and more only as its owner allows.

Gridpact holds one connection into each home's account, so it serves homes by the hundred; meters share theirs. What a
home orders becomes a version of the mandate through ``services.members.home_orders``. The state that is published
afterwards is the truth, so a refused order shows in the home as not done.
"""

import json
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from domain.errors import OutsideFailed, RuleBroken
from gateways.broker.configuration import house_user
from gateways.mqtt import discovery
from memory.devices.mqtt_credentials import Guest, MqttCredential
from services.market_time import MarketTime
from services.members import home_orders
from services.members.site_status import status_of
from services.steps import Steps

LOG = logging.getLogger(__name__)
HEARTBEAT_S = 10.0
RECONNECT_S_MAX = 5
ORDER_BYTES_MAX = 16


@dataclass(frozen=True, slots=True)
class Entrance:
    """How homes' accounts are reached: the broker, Gridpact's own password there, whom to trust."""

    host: str
    port: int
    password: str
    authority: Path


@dataclass(slots=True)
class Homes:
    """All homes that hold a credential. ``refresh`` is called again and again."""

    steps: Steps
    time: MarketTime
    entrance: Entrance
    _lines: dict[str, "_Line"] = field(default_factory=dict)

    def refresh(self, credentials: Sequence[MqttCredential]) -> None:
        """Connect to homes that are new, leave those that are gone, publish what has changed."""
        homes = {each.subject: each for each in credentials if each.kind is Guest.HOME}
        for site_id in self._lines.keys() - homes.keys():
            self._lines.pop(site_id).close()
        for site_id, home in homes.items():
            if site_id not in self._lines:
                self._lines[site_id] = _Line(self.steps, self.time, site_id, self.entrance)
            self._lines[site_id].publish(home)

    def close(self) -> None:
        """Tell every home that we are gone, and go."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()


class _Line:
    """The connection into one home's account."""

    def __init__(self, steps: Steps, time: MarketTime, site_id: str, entrance: Entrance) -> None:
        self._steps, self._time, self._site_id = steps, time, site_id
        self._published: dict[str, str] = {}
        self._said_s = monotonic()
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"gridpact-{site_id}")
        client.username_pw_set(house_user(site_id), entrance.password)
        client.tls_set_context(ssl.create_default_context(cafile=str(entrance.authority)))
        client.will_set(discovery.available_topic(site_id), discovery.OFFLINE, qos=1, retain=True)
        client.reconnect_delay_set(1, RECONNECT_S_MAX)
        client.on_connect, client.on_message = self._connected, self._ordered
        client.connect_async(entrance.host, entrance.port)
        client.loop_start()
        self._client = client

    def publish(self, home: MqttCredential) -> None:
        """Announcement, availability and state, each when it differs from what this connection published last."""
        if not self._client.is_connected():
            return
        try:
            with self._steps.database.read() as tx:
                status = status_of(tx, self._site_id, self._steps.clock(), self._time)
        except RuleBroken as broken:
            LOG.warning("nothing is published for a home: %s", broken)
            return
        announced = discovery.announcement(self._site_id, home, status.capacity_wh)
        self._send(discovery.config_topic(self._site_id), json.dumps(announced))
        self._send(discovery.state_topic(self._site_id), json.dumps(discovery.state(status)))
        if monotonic() - self._said_s >= HEARTBEAT_S:  # who subscribed just now may have missed what is retained
            self._published.pop(discovery.available_topic(self._site_id), None)
            self._said_s = monotonic()
        self._send(discovery.available_topic(self._site_id), discovery.ONLINE)

    def close(self) -> None:
        """Say that we are gone, and end the connection and its thread."""
        last = self._client.publish(discovery.available_topic(self._site_id), discovery.OFFLINE, qos=1, retain=True)
        if self._client.is_connected():
            last.wait_for_publish(RECONNECT_S_MAX)
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self, topic: str, text: str) -> None:
        if self._published.get(topic) != text:
            self._client.publish(topic, text, qos=1, retain=True)
            self._published[topic] = text

    def _connected(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _more: Properties | None
    ) -> None:
        """Everything is published anew: the broker may have written that we are gone."""
        if not reason.is_failure:
            self._published = {}
            client.subscribe(discovery.order_topic(self._site_id, "+"), qos=1)

    def _ordered(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        """Carry out an order, or say why not; in both cases the state is published again."""
        order = message.topic.rsplit("/", 1)[-1]
        try:
            if not message.retain:  # an old order that somebody left behind is none
                self._carry_out(order, bytes(message.payload[: ORDER_BYTES_MAX + 1]))
        except (RuleBroken, OutsideFailed) as refused:
            LOG.warning("an order of home %s was not carried out: %s", self._site_id, refused)
        self._published.pop(discovery.state_topic(self._site_id), None)

    def _carry_out(self, order: str, said: bytes) -> None:
        if order == discovery.TRADING and said == discovery.OFF.encode():
            home_orders.pause(self._steps, self._site_id)
        elif order == discovery.TRADING and said == discovery.ON.encode():
            home_orders.resume(self._steps, self._site_id)
        elif order == discovery.RESERVE and said.isascii() and (number := said.removesuffix(b".0")).isdigit():
            home_orders.keep_reserve(self._steps, self._site_id, int(number))
        else:
            raise RuleBroken(f"{order} {said!r} is no order")
