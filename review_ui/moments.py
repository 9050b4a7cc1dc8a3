"""How moments are written for people: always in the market's time, never in the reader's."""

from datetime import datetime
from zoneinfo import ZoneInfo

WEEKDAYS = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ZONE = ZoneInfo("Asia/Tokyo")


def moment(at: datetime, language: str, zone: ZoneInfo = ZONE) -> str:
    """``11月22日(日) 13:04`` or ``Sun 22 Nov 13:04``."""
    here = at.astimezone(zone)
    weekday = WEEKDAYS[language][here.weekday()]
    if language == "ja":
        return f"{here.month}月{here.day}日({weekday}) {here:%H:%M}"
    return f"{weekday} {here.day} {MONTHS[here.month - 1]} {here:%H:%M}"


def left(due: datetime, now: datetime) -> str:
    """``1:05:09`` or ``11:06`` until then, with a minus when it has passed. Seconds are cut."""
    seconds = int((due - now).total_seconds())
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{sign}{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{sign}{minutes}:{seconds % 60:02d}"


def milliseconds(at: datetime) -> int:
    """Since 1970, for the clocks of a page."""
    return int(at.timestamp() * 1000)
