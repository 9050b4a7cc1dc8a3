"""Who lives at the buses of the grid: people and firms, their meters and machines, and what they let their agents do.

Loads, PV systems and batteries are SimBench's; every name, licence number and mandate here is made up and says so.
Profile families: H0 homes (H0-L is one of them), G and BL trade (G1 on working days, G4 shops, G5 bakeries, G6
weekends), L0 to L2 farms, APLS and HLS chargers of electric cars, Air and Soil heat pumps.
"""

from collections.abc import Sequence
from datetime import date

from domain.party import Licence, Mandate, Party, Role
from domain.site import Device, DeviceKind, Site
from identity.keys import seeded_key
from simulation.chance import whole
from simulation.profiles import Bus, Load
from simulation.wishing import wishes_of

MADE_UP = "架空"
AREA = "tokyo"
RETAILER = Party("retailer", f"里山電力小売（{MADE_UP}）", Role.RETAILER)
PLATFORM = Party("platform", f"Gridpact 運営（{MADE_UP}）", Role.PLATFORM)
RETAILER_LICENCE = Licence(RETAILER.id, "小売電気事業者登録", "A0000", RETAILER.name, date(2030, 3, 31))

# Mandates are assumed: sellers ask the utility's buy-back or up to 2 JPY more, buyers pay 15 to 20 JPY at most
# (75 to 100 % of what the highest retail tier leaves in the Tokyo area), a tenth to a quarter of a battery is kept.
SELL_MIN_FLOOR_MJPY_PER_KWH = 8_500
SELL_MIN_ABOVE_MJPY_PER_KWH = 2_000
BUY_MAX_MJPY_PER_KWH = (15_000, 20_000)
RESERVE_PERCENT = (10, 25)
ORDER_MAX_WH = {"home": 10_000, "shop": 20_000, "business": 20_000, "farm": 20_000}

_FAMILY_NAMES = (
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 "
    "山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 "
    "斉藤 福田 太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田"
)
_FAMILIES = tuple(_FAMILY_NAMES.split())
_HAMLETS = ("上", "下", "中", "東", "西", "南", "北")
_FIRMS = {"G1": "{}事務用品店", "G4": "{}食品店", "G5": "{}ベーカリー", "G6": "{}カフェ"}
_TRADES, _FARMS = ("G", "BL"), ("L0", "L1", "L2")
_CHARGERS, _HEAT_PUMPS = ("APLS", "HLS"), ("Air", "Soil")


def site_ids(count: int) -> list[str]:
    """Names of sites that sort as they count: S001, S002, ..."""
    width = max(3, len(str(count)))
    return [f"S{number:0{width}}" for number in range(1, count + 1)]


def site_of(site_id: str, bus: Bus) -> Site:
    """The site at a bus. Trade and farm profiles decide its kind before homes do; chargers and pumps never."""
    profile = "+".join(sorted(load.profile for load in bus.loads))
    return Site(site_id, party_id(site_id), AREA, bus.name, _kind(bus.loads), profile, bus.pv_profile)


def party_id(site_id: str) -> str:
    """The member at a site of the demonstration; each holds one."""
    return site_id.replace("S", "M", 1)


def party_of(site: Site, number: int) -> Party:
    """The member at the ``number``-th site, with a made-up name."""
    family = _FAMILIES[number % len(_FAMILIES)]
    hamlet = _HAMLETS[number // len(_FAMILIES) % len(_HAMLETS)]
    trade = next((profile[:2] for profile in site.profile.split("+") if profile[:2] in _FIRMS), "")
    house = {"home": f"{hamlet}{family}家", "farm": f"{hamlet}{family}農園"}.get(site.kind, f"{family}商会")
    return Party(site.party_id, f"{_FIRMS.get(trade, house).format(family)}（{MADE_UP}）", Role.MEMBER)


def devices_of(site: Site, bus: Bus, seed: int) -> list[Device]:
    """The meter first, then PV, battery, chargers and heat pumps."""
    meter_id = meter_of(site.id)
    public_key = seeded_key(seed, meter_id).public_key().public_bytes_raw()
    devices = [Device(meter_id, site.id, DeviceKind.METER, 0, public_key=public_key)]
    if bus.pv_w:
        devices.append(Device(f"{site.id}-pv", site.id, DeviceKind.PV, bus.pv_w))
    if bus.battery_wh:
        power_w, efficiency = bus.battery_w, bus.battery_efficiency_permille
        battery_id = f"{site.id}-battery"
        devices.append(Device(battery_id, site.id, DeviceKind.BATTERY, power_w, bus.battery_wh, efficiency))
    for kind, name, families in (
        (DeviceKind.EV_CHARGER, "ev", _CHARGERS),
        (DeviceKind.HEAT_PUMP, "heat-pump", _HEAT_PUMPS),
    ):
        loads = [load for load in bus.loads if load.profile.startswith(families)]
        devices += [Device(f"{site.id}-{name}-{i}", site.id, kind, load.power_w) for i, load in enumerate(loads, 1)]
    return devices


def meter_of(site_id: str) -> str:
    """The id of a site's revenue meter."""
    return f"{site_id}-meter"


def mandate_of(site: Site, bus: Bus, solar: Sequence[str], seed: int) -> Mandate:
    """What the member lets its agent do, drawn from the seed. Reserve: percent of the battery, rounded down. solar: the
    sites with a plant, one of which it may wish for."""
    sell_min = SELL_MIN_FLOOR_MJPY_PER_KWH + 100 * whole(
        seed, 0, SELL_MIN_ABOVE_MJPY_PER_KWH // 100, "sell_min", site.id
    )
    buy_max = 100 * whole(seed, *(price // 100 for price in BUY_MAX_MJPY_PER_KWH), "buy_max", site.id)
    reserve_wh = bus.battery_wh * whole(seed, *RESERVE_PERCENT, "reserve", site.id) // 100
    wishes = wishes_of(site.id, solar, seed)
    return Mandate(site.id, 1, sell_min, buy_max, reserve_wh, ORDER_MAX_WH[site.kind], wishes=wishes)


def _kind(loads: Sequence[Load]) -> str:
    found = [_kind_of_profile(load.profile) for load in loads]
    return next((kind for kind in found if kind != "home"), "home")


def _kind_of_profile(profile: str) -> str:
    if profile.startswith(_TRADES):
        return "shop" if profile.startswith("G1") else "business"
    return "farm" if profile.startswith(_FARMS) else "home"
