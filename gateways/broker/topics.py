"""Topics of MQTT and the same as subjects of NATS, where a slash is a dot.

An id becomes one level of a topic; services.devices.mqtt_access lets no other ids in.
"""

ROOT = "gridpact/v1"
STORED = "$MQTT.msgs"
"""Under which the broker keeps a message of QoS 1 before it acknowledges it."""


def readings(device_id: str) -> str:
    """Where a meter publishes its envelopes."""
    return f"{ROOT}/{device_id}/readings"


def commands(device_id: str) -> str:
    """Where a meter may listen for what is asked of it."""
    return f"{ROOT}/{device_id}/commands"


def subject(topic: str) -> str:
    """A topic as a subject."""
    return topic.replace("/", ".").replace("+", "*")


def device_of(stored_subject: str) -> str:
    """Whose readings a stored message holds: the level that its credential was allowed to publish under."""
    return stored_subject.split(".")[-2]


ALL_READINGS = f"{STORED}.{subject(readings('+'))}"
