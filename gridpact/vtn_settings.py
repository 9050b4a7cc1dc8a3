"""What the settings say of one OpenADR 2.0b VTN whose events are followed."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.quantity import PERMILLE

PERCENT = 100
Percent = Annotated[int, Field(ge=0, le=PERCENT)]


class VtnSettings(BaseModel):
    """One table ``[openadr_vtns.NAME]`` of ``gridpact.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Its address, up to and without the name of a service.")
    ven_name: str = Field(default="gridpact", max_length=64, description="How it knows us.")
    vtn_certificate: Path | None = Field(
        default=None, description="Its own certificate, which alone is believed (PEM)."
    )
    certificate: Path | None = Field(default=None, description="Ours, for mutual TLS and signatures (PEM).")
    key: Path | None = Field(default=None, description="The key of ours (PEM).")
    signatures: bool = Field(
        default=False, description="Whether both sides sign inside the XML; then unsigned is refused."
    )
    signing_certificate: Path | None = Field(
        default=None, description="Under which it signs; vtn_certificate by default."
    )
    simple_percent: tuple[Percent, Percent, Percent] | None = Field(
        default=None,
        description="What SIMPLE levels 1, 2, 3 leave of the rated import; without it they are not followed.",
    )
    groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Its groups by name: our sites, nodes or branches in each."
    )
    poll_s: int | None = Field(
        default=None,
        ge=10,
        le=3_600,
        description="How often `gridpact up` asks it; without it, only `gridpact grid poll` does.",
    )
    reports: bool = Field(
        default=False, description="Whether it may ask for the community's metered sums and our status."
    )

    @property
    def levels_permille(self) -> tuple[int, ...]:
        """What SIMPLE levels 1 to 3 leave, permille; empty when nobody said."""
        return tuple(each * PERMILLE // PERCENT for each in self.simple_percent or ())
