"""What nats-server is told: where it listens, how it keeps, and who may do what. Written as JSON, which it reads.

Meters share the market's accounts; each may publish its own readings and subscribe to its own commands, to no wildcard.
A home has an account of its own, which holds its site's topics and no others: a wildcard there reaches nobody else, so
that a home automation subscribes as it always does. Nobody else may connect.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gateways.broker.authority import Papers
from gateways.broker.topics import commands, readings, subject
from memory.devices.mqtt_credentials import Guest, MqttCredential

MARKET = "MARKET"
SHARDS = 8
"""Accounts that share the meters. Each has a stream of its own, and a stream waits for the disk one message at a time:
several wait together, so that one wait serves as many."""
HOUSE = "house"
MESSAGE_BYTES_MAX = 256 * 1024
MARKET_BYTES_MAX = 8 * 1024**3
HOME_BYTES_MAX = 16 * 1024**2
CONNECTIONS_MAX = 65_536
FROM_MQTT = ["MQTT"]

Record = dict[str, Any]


class Place(NamedTuple):
    """Where a broker keeps its files and listens. sync: ``always``, or how long the disk may lag, as ``1s``."""

    directory: Path
    mqtt_host: str
    mqtt_port: int
    nats_port: int
    sync: str


def configuration(place: Place, papers: Papers, house_hash: str, credentials: Sequence[MqttCredential]) -> str:
    """The whole file. house_hash: bcrypt hash of the password that Gridpact itself connects with."""
    kept: Record = {"store_dir": str(place.directory / "store"), "sync_interval": place.sync}
    return json.dumps(
        {
            "server_name": "gridpact",
            "listen": f"127.0.0.1:{place.nats_port}",
            "max_payload": 2 * MESSAGE_BYTES_MAX,  # a refused message is kept in base64, beside its faults
            "max_connections": CONNECTIONS_MAX,
            "pid_file": str(place.directory / "pid"),
            "log_file": str(place.directory / "log"),
            "logfile_size_limit": 16 * 1024**2,
            "logfile_max_num": 2,
            "jetstream": kept,
            "mqtt": _mqtt(place, papers),
            "accounts": accounts(house_hash, credentials),
        },
        indent=1,
    )


def accounts(house_hash: str, credentials: Sequence[MqttCredential]) -> Record:
    """The accounts with their users and permissions."""
    meters: list[list[Record]] = [[] for _ in range(SHARDS)]
    for each in credentials:
        if each.kind is Guest.METER:
            meters[shard_of(each.subject)].append(_meter(each))
    homes = {f"HOME_{each.subject}": _home(each, house_hash) for each in credentials if each.kind is Guest.HOME}
    market = {
        _account(shard): {
            "jetstream": {"max_file": MARKET_BYTES_MAX // SHARDS, "max_streams": 16},
            "users": [{"user": market_user(shard), "password": house_hash}, *users],
        }
        for shard, users in enumerate(meters)
    }
    return {**market, **homes}


def shard_of(device_id: str) -> int:
    """Which of the market's accounts a meter publishes into: always the same."""
    return hashlib.sha256(device_id.encode()).digest()[0] % SHARDS


def market_user(shard: int) -> str:
    """The name under which Gridpact itself speaks in an account of the market."""
    return f"{HOUSE}-{shard}" if shard else HOUSE


def _account(shard: int) -> str:
    return f"{MARKET}_{shard}" if shard else MARKET


def house_user(site_id: str) -> str:
    """The name under which Gridpact itself speaks in a home's account."""
    return f"{HOUSE}.{site_id}"


def _mqtt(place: Place, papers: Papers) -> Record:
    return {
        "listen": f"{place.mqtt_host}:{place.mqtt_port}",
        "tls": {"cert_file": str(papers.certificate), "key_file": str(papers.key), "timeout": "10s"},
        "authorization": {"timeout": 10},
        "max_ack_pending": 1_000,
        "consumer_inactive_threshold": "24h",
    }


def _meter(credential: MqttCredential) -> Record:
    publish, subscribe = subject(readings(credential.subject)), subject(commands(credential.subject))
    return _user(credential, {"publish": {"allow": [publish]}, "subscribe": {"allow": [subscribe]}})


def _home(credential: MqttCredential, house_hash: str) -> Record:
    site = credential.subject
    return {
        "jetstream": {"max_file": HOME_BYTES_MAX, "max_streams": 8},
        "users": [
            {"user": house_user(site), "password": house_hash, "allowed_connection_types": FROM_MQTT},
            _user(credential, {"publish": {"allow": [f"gridpact.v1.{site}.set.*", "homeassistant.status"]}}),
        ],
    }


def _user(credential: MqttCredential, permissions: Record) -> Record:
    return {
        "user": credential.user,
        "password": credential.password_hash,
        "allowed_connection_types": FROM_MQTT,
        "permissions": permissions,
    }
