"""Wholesale and imbalance prices of the demonstration, made from the seed and the community's own sky.

The shape is that of the Tokyo area's day-ahead market: cheap at noon when the sun shines, dear in the evening, a
little dearer in the morning, lower at weekends, highest in summer and winter. Imbalance has one price for surplus
and shortage, as in Japan since 2022; it leans the way the community leans, because the weather that a forecast
missed is everybody's weather, and wanders besides. All of it is made up and its source says so.
"""

from dataclasses import dataclass, field
from datetime import date

from domain.slot import MINUTES_PER_HOUR, slot_wh, slots_per_day
from simulation.calendar import first_slot, local_day
from simulation.chance import bell
from simulation.community import Community

SOURCE = "simulation:seed"
PRICE_MIN_MJPY_PER_KWH = 10
_TICK_MJPY_PER_KWH = 10
_PERMILLE = 1000
_SATURDAY = 5

# By month, mJPY/kWh: the level without peaks, how far a fully sunny noon falls below it, how far the evening rises.
_LEVEL = (12_500, 12_500, 11_000, 10_500, 10_500, 11_000, 13_000, 13_500, 12_000, 11_000, 11_500, 12_500)
_NOON_DIP = (4_000, 4_500, 5_500, 6_000, 6_000, 5_000, 4_000, 3_500, 4_000, 4_500, 4_000, 3_500)
_EVENING_RISE = (6_500, 6_000, 5_500, 5_500, 6_000, 7_000, 9_000, 9_500, 8_000, 6_000, 6_000, 6_500)
_MORNING_RISE_MJPY_PER_KWH = 2_000
# By hour, permille of the rise or dip; what lies between two hours is on the line between them.
_SUN = (0, 0, 0, 0, 0, 20, 120, 300, 520, 740, 900, 980, 1000, 970, 880, 720, 500, 270, 90, 10, 0, 0, 0, 0)
_EVENING = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 250, 650, 950, 1000, 750, 450, 200, 50)
_MORNING = (0, 0, 0, 0, 50, 150, 450, 900, 1000, 600, 200, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_WEEKEND_PERMILLE = 920
_DAY_DEVIATION_PERMILLE = 70
_SLOT_DEVIATION_MJPY_PER_KWH = 350

_SKY_DAYS = 10
_LEAN_MAX_MJPY_PER_KWH = 3_000
_LEAN_FULL_W_PER_SITE = 200
_IMBALANCE_DEVIATION_MJPY_PER_KWH = 2_000


@dataclass(frozen=True, slots=True)
class Prices:
    """The market prices around a community. The same seed, community and slot give the same price, in any order."""

    community: Community
    _sunshine: dict[date, int] = field(default_factory=dict)

    def wholesale(self, slot: int) -> int:
        """The day-ahead price of a slot, mJPY/kWh in steps of ten (0.01 JPY), rounded down, never below one step."""
        day, part = local_day(slot, self.community.slot_min)
        minute = part * self.community.slot_min
        seed, month = self.community.seed, day.month - 1
        dip = _NOON_DIP[month] * self.sunshine_permille(day) // _PERMILLE
        price = (
            _LEVEL[month] * (_PERMILLE + bell(seed, _DAY_DEVIATION_PERMILLE, "wholesale day", day)) // _PERMILLE
            - dip * _at_minute(_SUN, minute) // _PERMILLE
            + _EVENING_RISE[month] * _at_minute(_EVENING, minute) // _PERMILLE
            + _MORNING_RISE_MJPY_PER_KWH * _at_minute(_MORNING, minute) // _PERMILLE
        )
        if day.weekday() >= _SATURDAY:
            price = price * _WEEKEND_PERMILLE // _PERMILLE
        return _tick(price + bell(seed, _SLOT_DEVIATION_MJPY_PER_KWH, "wholesale slot", slot))

    def imbalance(self, slot: int, short_wh: int) -> int:
        """The imbalance price of a delivered slot, mJPY/kWh, rounded and bounded as the wholesale price.

        short_wh: what the community took beyond its plan, below zero when it took less. It leans by up to 3 JPY,
        reached at 200 W a site.
        """
        full_wh = slot_wh(_LEAN_FULL_W_PER_SITE, self.community.slot_min) * len(self.community.sites)
        lean = _LEAN_MAX_MJPY_PER_KWH * min(max(short_wh, -full_wh), full_wh) // full_wh
        wander = bell(self.community.seed, _IMBALANCE_DEVIATION_MJPY_PER_KWH, "imbalance", slot)
        return _tick(self.wholesale(slot) + lean + wander)

    def sunshine_permille(self, day: date) -> int:
        """A day's generation against the best of the three weeks around it; half of it where no PV stands."""
        if day not in self._sunshine:
            start, per_day = first_slot(day, self.community.slot_min), slots_per_day(self.community.slot_min)
            around = self.community.pv_wh(start - _SKY_DAYS * per_day, start + (_SKY_DAYS + 1) * per_day)
            daily_wh = around.sum(axis=0).reshape(-1, per_day).sum(axis=1)
            best_wh = int(daily_wh.max())
            self._sunshine[day] = int(daily_wh[_SKY_DAYS]) * _PERMILLE // best_wh if best_wh else _PERMILLE // 2
        return self._sunshine[day]


def _at_minute(by_hour: tuple[int, ...], minute: int) -> int:
    """The value at a minute of the day, on the line from one hour to the next, rounded down."""
    hour, past = divmod(minute, MINUTES_PER_HOUR)
    following = by_hour[(hour + 1) % len(by_hour)]
    return (by_hour[hour] * (MINUTES_PER_HOUR - past) + following * past) // MINUTES_PER_HOUR


def _tick(price: int) -> int:
    return max(price // _TICK_MJPY_PER_KWH * _TICK_MJPY_PER_KWH, PRICE_MIN_MJPY_PER_KWH)
