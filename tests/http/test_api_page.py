"""The page about the API is true: its commands run as they stand against a served market."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
from loopback import served
from morning import DAY, morning
from street import NOW, SLOT, sealed

from domain.party import Licence
from domain.reading import Quality, Reading
from domain.slot import Slot
from gateways.http.limits import Limits
from identity import access
from identity.token import token_hash
from identity.token_bucket import Rate
from identity.wire import to_wire
from memory import alarms, registry
from memory.database import Database
from policies.licences import RETAIL_SUPPLY
from services.access.api_keys import adopt_key
from services.devices.intake import CONFLICT

PAGE = Path(__file__).parent.parent.parent / "docs/integrate/api.md"
SCOPES = (
    *("home:read", "home:write", "orders:write", "mandate:write"),
    *("devices:write", "person:read", "person:write"),
)


@pytest.fixture
def variables(database: Database, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A morning's market on a socket, and the variables that the page sets."""
    street = morning(database, tmp_path)
    with database.begin() as tx:
        access.grant_defaults(tx)
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
        adopt_key(tx, street.reception, "test", "P1", token_hash("gpk_page"), SCOPES, NOW + timedelta(days=1))
        for place in range(12):  # so much that it counts against the member, who contests it
            alarms.sound(tx, NOW, CONFLICT, "M1", {"place": place})
    for quality, import_wh in ((Quality.MEASURED, 120), (Quality.CORRECTED, 130)):
        said = Reading("M1", 1, SLOT + import_wh, SLOT, import_wh, 0, quality=quality)
        assert street.client.post("/api/v1/readings", json=to_wire(sealed(said))).status_code == 200
    limits = Limits(Rate("account", 600, 600), Rate("address", 1_200, 1_200), Rate("ingestion", 12_000, 12_000))
    with served(street.app(lambda doors: replace(doors, limits=limits))) as address:
        yield {
            "API": f"{address}/api/v1",
            "KEY": "gpk_page",
            "SITE": "S1",
            "DAY": str(DAY),
            "READ": str(SLOT),
            "SLOT": str(Slot.at(NOW).index + 10),
        }


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page_run_as_they_stand(variables: dict[str, str]) -> None:
    """In one shell, one after the other; ``...`` stands for any text."""
    text = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    between = "<end of a command>"
    script = "\n".join(f"{command}\necho; echo '{between}'" for command, _, _ in parts)
    done = subprocess.run(
        ["bash", "-eu", "-c", script], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split(f"\n{between}\n")
    assert len(answers) == len(parts) + 1
    wrong = [
        (command, answer)
        for (command, _, expected), answer in zip(parts, answers, strict=False)
        if not OutputChecker().check_output(f"{expected.strip()}\n", f"{answer.strip()}\n", ELLIPSIS)
    ]
    assert wrong == []
