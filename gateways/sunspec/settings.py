"""What a hub over SunSpec is told: the units of its home, and whatever every hub is told."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateways.hub.hub_settings import MarketSettings, address


class UnitSettings(BaseModel):
    """Where one unit is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    host: Annotated[str, AfterValidator(address)] = Field(description="Its address.")
    port: int = Field(502, ge=1, le=65535, description="Its TCP port.")
    unit: int = Field(1, ge=0, le=255, description="Its Modbus unit id.")


class SunSpecSettings(MarketSettings):
    """Every setting of a hub over SunSpec with its default and meaning."""

    units: list[UnitSettings] = Field(min_length=1, max_length=64, description="The home's units.")
    meter_reversed: bool = Field(False, description="Whether the meter counts as import what the home gives.")
    answer_s: float = Field(3.0, gt=0, le=30, description="How long a unit may take to answer.")
