"""What a home's hub is told, in a TOML file of its own: it runs in the home, far from the market's settings."""

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from domain.errors import Fault, InputRefused

SILENCE_S_MAX = 300


def _safe_url(url: str) -> str:
    """HTTPS, or plain HTTP to this very machine: what the market orders must not be forged on the way."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}):
        return url.rstrip("/")
    raise ValueError("the market is reached by https, or by http on this machine only")


def address(text: str) -> str:
    """An address as it is compared. Raises ValueError."""
    return str(ip_address(text))


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"no such time zone: {name}") from None


class MarketSettings(BaseModel):
    """What every hub is told, whatever the devices of its home speak."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    market_url: Annotated[str, AfterValidator(_safe_url)] = Field(
        description="The market, e.g. https://market.example."
    )
    audience: str = Field("local", description="The market's name, signed with every envelope.")
    device: str = Field(description="The id under which the market knows this home's meter.")
    data: str = Field("hub", description="Directory of the hub's key and spool, beside this file unless absolute.")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field("Asia/Tokyo", description="The meter's own clock.")
    pv_safe_percent: int = Field(100, ge=0, le=100, description="Output of the panels while the market is silent.")
    silence_s: int = Field(
        SILENCE_S_MAX, ge=30, le=SILENCE_S_MAX, description="After so long without the market all goes safe."
    )


Found = TypeVar("Found", bound=MarketSettings)


def load_hub_settings(path: Path, kind: type[Found]) -> Found:
    """The hub's settings, of the kind asked for. Raises InputRefused with all faults, also when the file is not there
    or no TOML."""
    try:
        found = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputRefused([Fault(str(path), "not_toml", f"cannot read this as TOML: {error}")]) from None
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        raise InputRefused(
            [
                Fault(f"{path}:{'.'.join(map(str, each['loc']))}", "wrong_setting", each["msg"])
                for each in error.errors()
            ]
        ) from None
