"""The tables of the world around the community: prices, and what areas used and made."""

from sqlalchemy import Table

from memory.devices.columns import METADATA
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole

market_price = Table(
    "market_price",
    METADATA,
    _whole("slot", key=True),
    _text("kind", key=True),
    _text("area", key=True),
    _whole("mjpy_per_kwh"),
    _text("source"),
)
area_energy = Table(
    "area_energy",
    METADATA,
    _text("area", key=True),
    _whole("slot", key=True),
    _text("kind", key=True),
    _whole("revision", key=True),
    _whole("energy_wh"),
    _text("source"),
)
