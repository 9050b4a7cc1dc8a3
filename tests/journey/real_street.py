"""Three homes with devices of other authors, as a folder says them: one behind ECHONET Lite, one meter by MQTT, one by
HTTP. What they use and what the sun gives follows the clock; the battery does what its hub tells it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import pi, sin
from pathlib import Path
from zoneinfo import ZoneInfo

from household import Household

from domain.slot import Slot, slots_of_day
from gateways.echonet.battery import Mode

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = date(2026, 5, 20)
HISTORY_DAYS = 20
METER, SOLAR, BATTERY = "028801", "027901", "027d01"
CAPACITY_WH, POWER_WH, EFFICIENCY = 10_000, 1_500, 0.95
BASE_WH = {"ito": 160, "sato": 420, "tanaka": 350}
PV_WH = {"ito": 1_900}
PARTIES = """party_id,name,role,licence_kind,licence_number,registered_name,licence_valid_to
ito,伊藤家,member,,,,
sato,佐藤家,member,,,,
tanaka,田中家,member,,,,
retail,街の電力,retailer,小売電気事業者登録,A0000,街の電力,2030-03-31
market,街の市場,platform,,,,
"""
SITES = """site_id,party_id,area,pv_w,battery_wh,battery_w,meter_key,order_max_wh,reserve_wh,{prices}
ito,ito,tokyo,4000,10000,3000,{ito},10000,1000,9000,20000
sato,sato,tokyo,,,,{sato},10000,,9000,20000
tanaka,tanaka,tokyo,,,,{tanaka},10000,,9000,20000
"""


def used_wh(site: str, slot: int) -> int:
    """Mornings and evenings, and a mood of the half hour that everybody can compute."""
    hour = _hour(slot)
    shape = 1.0 + 1.2 * (6.5 <= hour < 9) + 1.9 * (17.5 <= hour < 22.5) - 0.4 * (1 <= hour < 5)
    return int(BASE_WH[site] * shape * (0.85 + 0.3 * ((slot * 7919 + len(site) * 104_729) % 97) / 97))


def made_wh(site: str, slot: int) -> int:
    """A half sine from five to seven."""
    hour = _hour(slot)
    return int(PV_WH.get(site, 0) * max(0.0, sin((hour - 5) / 14 * pi))) if 5 <= hour <= 19 else 0


def _hour(slot: int) -> float:
    start = Slot(slot).local_start(TOKYO)
    return start.hour + start.minute / 60


def write_folder(path: Path, keys: dict[str, str]) -> Path:
    """The folder as its operator writes it. keys: each meter's public key in hex digits, by site."""
    path.mkdir()
    (path / "sites.csv").write_text(SITES.format(prices="sell_min_mjpy_per_kwh,buy_max_mjpy_per_kwh", **keys))
    (path / "parties.csv").write_text(PARTIES)
    (path / "readings.csv").write_text("\n".join(_rows()) + "\n")
    return path


def _rows() -> Iterator[str]:
    yield "site_id,slot_start,import_wh,export_wh,generation_wh"
    first = slots_of_day(DAY, TOKYO)[0].index
    for slot in range(first - HISTORY_DAYS * 48, first - 5):
        for site in BASE_WH:
            net_wh = used_wh(site, slot) - made_wh(site, slot)
            at = f"{Slot(slot).local_start(TOKYO):%Y-%m-%dT%H:%M%z}"
            yield f"{site},{at},{max(net_wh, 0)},{max(-net_wh, 0)},{made_wh(site, slot)}"


@dataclass
class EchonetHome:
    """The physics behind the devices: registers count what flows, the battery obeys mode and power."""

    devices: Household
    imported_wh: float = 100_000.0
    exported_wh: float = 20_000.0
    generated_wh: int = 1_000_000
    charged_wh: float = 200_000.0
    discharged_wh: float = 150_000.0
    stored_wh: float = 3_000.0
    told: dict[str, bytes] = field(default_factory=dict)
    steered: list[int] = field(default_factory=list)

    def show_needs(self, slot: int) -> None:
        """What the meter and the panels say at the moment at which the hub looks."""
        net_w = 2 * (used_wh("ito", slot) - made_wh("ito", slot))
        self.devices.put(METER, "e7", net_w.to_bytes(4, signed=True))
        self.devices.put(SOLAR, "e0", (2 * made_wh("ito", slot)).to_bytes(2))
        self.devices.put(BATTERY, "d3", bytes(4))

    def live(self, slot: int) -> None:
        """One half hour as the devices were told, then the registers as they stand at its end."""
        for eoj, epc, value in self.devices.sets():
            if eoj == BATTERY:
                self.told[epc] = bytes.fromhex(value)
        surplus_wh = made_wh("ito", slot) - used_wh("ito", slot)
        moved_wh = self._battery(surplus_wh, slot)
        net_wh = moved_wh - surplus_wh
        self.imported_wh, self.exported_wh = self.imported_wh + max(net_wh, 0), self.exported_wh + max(-net_wh, 0)
        self.generated_wh += made_wh("ito", slot)
        self._write(Slot(slot + 1).local_start(TOKYO).replace(tzinfo=None))

    def _battery(self, surplus_wh: float, slot: int) -> float:
        """What it takes from the home's wires (negative: gives), by its mode, as far as it can."""
        mode = self.told.get("da", bytes([Mode.AUTOMATIC]))[0]
        wanted_wh = surplus_wh
        if mode == Mode.CHARGE:
            wanted_wh = int.from_bytes(self.told["eb"]) / 2
        elif mode == Mode.DISCHARGE:
            wanted_wh = -int.from_bytes(self.told["ec"]) / 2
        elif mode == Mode.STANDBY:
            wanted_wh = 0
        if mode != Mode.AUTOMATIC:
            self.steered.append(slot)
        room_wh, left_wh = (CAPACITY_WH - self.stored_wh) / EFFICIENCY, self.stored_wh * EFFICIENCY
        moved_wh = max(-min(left_wh, POWER_WH), min(wanted_wh, room_wh, POWER_WH))
        self.charged_wh, self.discharged_wh = self.charged_wh + max(moved_wh, 0), self.discharged_wh + max(-moved_wh, 0)
        self.stored_wh += moved_wh * EFFICIENCY if moved_wh > 0 else moved_wh / EFFICIENCY
        return moved_wh

    def _write(self, local: datetime) -> None:
        """Registers of 10 Wh a count at the half hour; the other devices' counters beside."""
        stamp = local.year.to_bytes(2) + bytes([local.month, local.day, local.hour, local.minute, local.second])
        for epc, amount_wh in (("ea", self.imported_wh), ("eb", self.exported_wh)):
            self.devices.put(METER, epc, stamp + int(amount_wh // 10).to_bytes(4))
        self.devices.put(SOLAR, "e1", self.generated_wh.to_bytes(4))
        for epc, amount_wh in (("a8", self.charged_wh), ("a9", self.discharged_wh), ("e2", self.stored_wh)):
            self.devices.put(BATTERY, epc, int(amount_wh).to_bytes(4))


def price_file(path: Path, heading: str, first: date, days: int, base: float) -> Path:
    """A published table of half-hour prices, JPY/kWh, whole days."""
    lines = [f"受渡日,時刻コード,{heading}"]
    for each in range(days):
        day = first + timedelta(days=each)
        lines += [f"{day:%Y/%m/%d},{code},{base + (code % 12) / 4:.2f}" for code in range(1, 49)]
    path.write_text("\n".join(lines) + "\n")
    return path
