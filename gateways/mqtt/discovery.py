"""A site as Home Assistant discovers it: one retained message a device, and one state that all its parts read.

Source: Home Assistant's MQTT discovery, device-based (``dev``, ``o``, ``cmps``). Every text here is ours; of the
outside there is only the site's id, which is a level of a topic. Yen leave as exact decimals, money to the hundredth,
halves to even. A value expires when no state has come for three slots; the whole device is unavailable when we are.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from domain.quantity import UJPY_PER_JPY
from gateways.broker.topics import ROOT
from memory.devices.mqtt_credentials import MqttCredential
from services.members.site_status import Planned, SiteStatus

EXPIRES_S = 3 * 30 * 60
RESERVE_STEP_WH = 100
PLAN = "{{ {'plan': value_json.plan_ahead} | tojson }}"
ON, OFF = "ON", "OFF"
ONLINE, OFFLINE = "online", "offline"
TRADING, RESERVE = "trading", "reserve"

Record = dict[str, Any]


def config_topic(site_id: str) -> str:
    """Where the device is announced."""
    return f"homeassistant/device/gridpact_{site_id}/config"


def state_topic(site_id: str) -> str:
    """Where its state is published."""
    return f"{ROOT}/{site_id}/state"


def available_topic(site_id: str) -> str:
    """Where it stands whether we are there; the broker itself writes that we are gone."""
    return f"{ROOT}/{site_id}/available"


def order_topic(site_id: str, order: str) -> str:
    """Where the home orders, ``trading`` or ``reserve``; ``+`` for both."""
    return f"{ROOT}/{site_id}/set/{order}"


def announcement(site_id: str, home: MqttCredential, capacity_wh: int) -> Record:
    """The device with its parts. The reserve is a control only where the owner lets the home move it."""
    parts = {
        "price_now": _sensor("Price now", unit_of_measurement="JPY/kWh"),
        "price_next": _sensor("Price next", unit_of_measurement="JPY/kWh"),
        "earned_today": _sensor("Earned today", unit_of_measurement="JPY", device_class="monetary"),
        "read_until": _sensor("Data until", device_class="timestamp"),
        "plan": _sensor("Slots planned", json_attributes_topic=state_topic(site_id), json_attributes_template=PLAN),
        TRADING: {"p": "switch", "name": "Trading", "command_topic": order_topic(site_id, TRADING)},
    }
    if most_wh := min(home.reserve_wh_max, capacity_wh):
        parts[RESERVE] = _reserve(site_id, home.reserve_wh_min, most_wh)
    for name, part in parts.items():
        part |= {"unique_id": f"gridpact_{site_id}_{name}", "value_template": f"{{{{ value_json.{name} }}}}"}
    return {
        "dev": {"ids": [f"gridpact_{site_id}"], "name": f"Gridpact {site_id}", "mf": "Gridpact"},
        "o": {"name": "Gridpact"},
        "cmps": parts,
        "state_topic": state_topic(site_id),
        "availability_topic": available_topic(site_id),
        "qos": 1,
    }


def state(status: SiteStatus) -> Record:
    """The values of all parts; ``None`` shows as unknown."""
    until = status.read_until
    return {
        "price_now": _yen_per_kwh(status.price_now_mjpy_per_kwh),
        "price_next": _yen_per_kwh(status.price_next_mjpy_per_kwh),
        "earned_today": str((Decimal(status.earned_ujpy) / UJPY_PER_JPY).quantize(Decimal("0.01"), ROUND_HALF_EVEN)),
        "read_until": until.isoformat() if until else None,
        "plan": len(status.plan),
        "plan_ahead": [_planned(each) for each in status.plan],
        TRADING: ON if status.trading else OFF,
        RESERVE: status.reserve_wh,
    }


def _sensor(name: str, **more: str) -> Record:
    return {"p": "sensor", "name": name, "expire_after": EXPIRES_S, **more}


def _reserve(site_id: str, least_wh: int, most_wh: int) -> Record:
    return {
        "p": "number",
        "name": "Battery reserve",
        "command_topic": order_topic(site_id, RESERVE),
        "min": least_wh,
        "max": most_wh,
        "step": RESERVE_STEP_WH,
        "unit_of_measurement": "Wh",
    }


def _planned(planned: Planned) -> Record:
    return {**planned._asdict(), "start": planned.start.isoformat()}


def _yen_per_kwh(mjpy_per_kwh: int | None) -> str | None:
    return None if mjpy_per_kwh is None else str(Decimal(mjpy_per_kwh) / 1000)
