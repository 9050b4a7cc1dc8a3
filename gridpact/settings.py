"""What a user may set, from the environment (``GRIDPACT_...``) or from ``gridpact.toml``; the environment wins.

A name that nobody knows is refused together with the nearest one that exists: a setting that is silently ignored
would be trusted by whoever wrote it.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from domain.errors import Fault, InputRefused
from gridpact.vtn_settings import VtnSettings

PREFIX = "GRIDPACT_"
FILE = "gridpact.toml"
BORROWED = {"openai_base_url": "OPENAI_BASE_URL", "openai_api_key": "OPENAI_API_KEY"}


class Settings(BaseModel):
    """Every setting with its type, default and meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path | None = Field(None, description="Data directory; .gridpact/demo for the demonstration by default.")
    cache: Path | None = Field(None, description="Stored models and profiles; <data>/cache by default.")
    database_url: str | None = Field(None, description="A PostgreSQL 15+ to use instead of the embedded one.")
    chain_url: str | None = Field(None, description="JSON-RPC address of an EVM to use instead of the embedded one.")
    chain_id: int = Field(330_030, gt=0, description="Chain id; transactions signed for another are refused.")
    chain_contract: str | None = Field(None, description="Address of a SlotLedger that is already deployed.")
    area: str = Field("tokyo", description="Supply area, as the rule pack names it.")
    pack: str = Field(
        "jp_demo", description="Rule pack: jp, or jp_demo, jp_demo_5min, _15min, _60min: assumed, not for billing."
    )
    time_zone: str = Field("Asia/Tokyo", description="The market's time zone.")
    language: str = Field("en", pattern="^(en|ja)$", description="Language of summaries and explanations: en or ja.")
    openai_base_url: str | None = Field(None, description="OpenAI-compatible endpoint (also OPENAI_BASE_URL).")
    openai_api_key: SecretStr | None = Field(None, description="Its key (also OPENAI_API_KEY).")
    vault_key_file: Path | None = Field(
        None, description="The master key of the vault; <data>/vault.key by default. Made when it is missing."
    )
    jpki_roots: Path | None = Field(None, description="Root certificates, PEM, that personal certificates lead up to.")
    openai_model: str = Field("gpt-5-mini", description="The model that words cases and prices.")
    http_host: str = Field("127.0.0.1", description="Where the API listens.")
    http_port: int = Field(8480, ge=1, le=65535, description="Its port.")
    origin: str | None = Field(
        None,
        pattern=r"^https?://[a-z0-9.-]+(:\d+)?$",
        description="Where browsers reach the API, e.g. https://market.example; http://localhost:<port> by default.",
    )
    webhook_loopback: bool = Field(False, description="Whether webhooks may lead to this machine, for tests.")
    http_account_per_min: int = Field(600, ge=1, le=10**6, description="Requests a minute by account.")
    http_address_per_min: int = Field(1_200, ge=1, le=10**6, description="The same by address.")
    http_ingestion_per_min: int = Field(
        12_000, ge=1, le=10**6, description="The same by address of meters and homes, each of up to 10,000 envelopes."
    )
    mqtt_host: str = Field("127.0.0.1", description="Where the broker takes MQTT, always over TLS.")
    mqtt_port: int = Field(8883, ge=1, le=65535, description="Its port.")
    nats_url: SecretStr | None = Field(
        None,
        description="A nats-server with JetStream to use instead of the embedded one, e.g. tls://user:pw@host:4222.",
    )
    nats_authority: Path | None = Field(
        None, description="Certificate (PEM) of the authority that its certificate must come from."
    )
    broker_sync: str = Field(
        "always",
        pattern=r"^(always|\d+(ms|s|m))$",
        description="How far the broker's disk may lag behind what it acknowledged: always (not at all), or e.g. 1s.",
    )
    ocpp_host: str = Field("127.0.0.1", description="Where charge points are heard.")
    ocpp_port: int | None = Field(None, ge=1, le=65535, description="Their port; without one they are not heard.")
    ocpp_tls: bool = Field(True, description="Whether we speak TLS ourselves; not when a proxy in front of us does.")
    ocpp_safe_percent: int = Field(
        100, ge=0, le=100, description="Of its power, what a charger may take while it does not hear the market."
    )
    ocpp_tokens: dict[str, list[str]] = Field(
        default_factory=dict, description="In the file: charger id = SHA-256 (hex) of the cards that start it."
    )
    people: dict[str, str] = Field(
        default_factory=dict,
        description="In the file: an expert's party id = SHA-256 (hex) of a key that decides for them.",
    )
    openadr_clients: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="In the file: client id = {role = bl or ven, secret_sha256, site of a ven}."
    )
    openadr_vtns: dict[str, VtnSettings] = Field(
        default_factory=dict, description="In the file: a table for each 2.0b VTN, see docs/integrate/openadr.md."
    )
    oidc_issuer: str | None = Field(
        None, description="Issuer of an OpenID Connect provider that people may sign in with, as it names itself."
    )
    oidc_client_id: str = Field("", description="Our client id there.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Its secret; else the vault's oidc_client_secret.")
    crash_at: str | None = Field(
        None,
        pattern=r"^(\d+|[a-z_-]+:(before|after))$",
        description="For tests: kill this process at the n-th commit point, or at the first of a name.",
    )


def load_settings(environment: Mapping[str, str] = os.environ, directory: Path = Path()) -> Settings:
    """Settings from ``gridpact.toml`` in ``directory`` and the environment. Raises InputRefused with all faults."""
    from_file = _read_file(directory / FILE)
    from_environment = {
        name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)
    }
    borrowed = {key: environment[name] for key, name in BORROWED.items() if environment.get(name)}
    faults = [_unknown(FILE, key, key) for key in from_file if key not in Settings.model_fields]
    faults += [
        _unknown("environment", f"{PREFIX}{key.upper()}", key)
        for key in from_environment
        if key not in Settings.model_fields and key not in TEST_ONLY
    ]
    if faults:
        raise InputRefused(faults)
    known = {key: value for key, value in from_environment.items() if key in Settings.model_fields}
    try:
        return Settings.model_validate({**from_file, **borrowed, **known})
    except ValidationError as error:
        raise InputRefused(
            [Fault(".".join(map(str, each["loc"])), "wrong_setting", each["msg"]) for each in error.errors()]
        ) from None


TEST_ONLY = frozenset({"anvil", "require_all"})  # read by the test suite, not by the product


def _read_file(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise InputRefused([Fault(str(path), "not_toml", f"this is not TOML: {error}")]) from None


def _unknown(where: str, name: str, key: str) -> Fault:
    near = get_close_matches(key, Settings.model_fields, 1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(Settings.model_fields)}"
    return Fault(f"{where}:{name}", "unknown_setting", f"no such setting; {hint}")
