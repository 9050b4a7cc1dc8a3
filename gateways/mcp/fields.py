"""The fields that several tools share."""

from typing import Any

from gateways.mcp.schema import choice, text, whole

SLOT_MAX = 10**7 - 1
PAGE_MAX = 100
SLOT = whole("Slot number; my_day tells the current one", 0, SLOT_MAX)
START = text("When the slot starts, ISO 8601 with offset")
SITE = text("One of your sites; my_day lists them")
PRICE = whole("Price in thousandths of a yen per kWh (12500 is 12.5 JPY/kWh)")
LANGUAGE = choice("Language of the words, en by default", "en", "ja")
LEVELS = {"limit_mjpy_per_kwh": PRICE, "energy_wh": whole("Energy at this limit, Wh")}


def known(**values: Any) -> dict[str, Any]:
    """What is known of these."""
    return {name: value for name, value in values.items() if value is not None}
