"""What a hub over ECHONET Lite is told: where its home's devices are, and whatever every hub is told."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateways.echonet.battery import Mode
from gateways.echonet.controller import GROUP, PORT, Network
from gateways.hub.hub_settings import MarketSettings, address


class EchonetSettings(MarketSettings):
    """Every setting of a hub over ECHONET Lite with its default and meaning."""

    bind: Annotated[str, AfterValidator(address)] = Field(
        "0.0.0.0", description="Own address; name one where another controller runs on the same machine."
    )
    port: int = Field(PORT, ge=0, le=65535, description="Own UDP port; 0 takes any, for devices that answer to it.")
    device_port: int = Field(PORT, ge=1, le=65535, description="The devices' UDP port.")
    hosts: list[Annotated[str, AfterValidator(address)]] = Field(
        [], max_length=64, description="The devices' addresses; empty asks the whole network."
    )
    multicast: bool = Field(True, description="Whether the network carries the group 224.0.23.0.")
    self_consumption_mode: int = Field(
        Mode.AUTOMATIC, ge=0x40, le=0x49, description="The battery's mode (DA) in which it serves its home by itself."
    )
    charger_safe_percent: int = Field(
        100,
        ge=0,
        le=100,
        description="Of the charger's power, what a vehicle takes while the market asks nothing of it.",
    )

    @property
    def network(self) -> Network:
        return Network(self.bind, self.port, self.device_port, GROUP if self.multicast else "")
