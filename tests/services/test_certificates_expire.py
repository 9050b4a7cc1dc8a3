"""A certificate's expiry is judged whenever it is used, with or without a newer status list."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from deal_world import NOW, premises
from joserfc.jwk import OKPKey

from domain.site import Certification, Device
from gridpact.clock import HandClock
from identity.equipment import LIST_TYPE, Issuer, IssuerKind, certificate_of, signed_token
from identity.status_list import list_claims
from memory import registry
from memory.database import Database
from services.devices.device_registry import as_it_stands, certify, register_issuer, take_status_list
from services.steps import Steps

URI = "https://dso.example/list"
HOUR = timedelta(hours=1)


def certified(steps: Steps) -> None:
    """A plant at the roof whose certificate is good for an hour, a list that is good for two."""
    private: dict[str, Any] = OKPKey.generate_key("Ed25519").as_dict(private=True)
    public = {name: value for name, value in private.items() if name != "d"}
    register_issuer(steps, Issuer("dso", IssuerKind.OPERATOR, public), "test")
    said = {"iss": "dso", "sub": URI, "status_list": list_claims([0]), "exp": int((NOW + 2 * HOUR).timestamp())}
    take_status_list(steps, signed_token(private, LIST_TYPE, said), "test")
    claims = {"iss": "dso", "sub": "pv-1", "site": "roof", "kind": "pv", "power_w": 4_000, "installer": "f"}
    claims |= {"exp": int((NOW + HOUR).timestamp()), "status": {"status_list": {"idx": 0, "uri": URI}}}
    certify(steps, certificate_of(private, claims, lambda: "salt"), "test")


def test_what_has_expired_certifies_nothing_though_no_list_came(database: Database, tmp_path: Path) -> None:
    """To the second before it counts, from then on it does not; a device without a certificate stays as it is."""
    clock = HandClock(NOW)
    steps = replace(premises(database, tmp_path).steps, clock=clock)
    certified(steps)

    def seen() -> dict[str, Certification]:
        with database.read() as tx:
            return {each.id: each.certification for each in as_it_stands(tx, _plants(tx), clock())}

    def _plants(tx: Any) -> list[Device]:
        return [each for each in registry.devices(tx) if each.id in {"pv-1", "roof-m"}]

    clock.moment = NOW + HOUR - timedelta(seconds=1)
    assert seen() == {"pv-1": Certification.CERTIFIED, "roof-m": Certification.CERTIFIED}
    clock.moment = NOW + HOUR
    assert seen() == {"pv-1": Certification.KNOWN, "roof-m": Certification.CERTIFIED}
