"""An unmodified Home Assistant in an environment of its own, set up over its REST API as a person would by hand."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from brokers import Street, free_port, until

ROOT = Path(__file__).parents[2]
HASS = ROOT / ".venv-home-assistant" / "bin" / "hass"
STARTED_S_MAX = 180
CONFIGURATION = """
http:
  server_host: 127.0.0.1
  server_port: {port}
frontend:
api:
config:
"""


@dataclass(slots=True)
class HomeAssistant:
    """A running Home Assistant and the token of its owner."""

    port: int
    token: str = ""

    def ask(self, path: str, body: Any = None, *, form: bool = False) -> Any:
        """POST a body, or GET without one."""
        data = None if body is None else (urlencode(body) if form else json.dumps(body)).encode()
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def states(self) -> dict[str, str]:
        """The state of every entity of ours, by id."""
        return {
            each["entity_id"]: each["state"]
            for each in self.ask("/api/states")
            if each["entity_id"].split(".")[1].startswith("gridpact")
        }

    def onboard(self) -> None:
        """Make the owner's account and take its token."""
        client = f"http://127.0.0.1:{self.port}/"
        owner = {"client_id": client, "name": "Owner", "username": "owner", "password": "owner-0", "language": "en"}
        code = self.ask("/api/onboarding/users", owner)["auth_code"]
        grant = {"client_id": client, "grant_type": "authorization_code", "code": code}
        self.token = self.ask("/auth/token", grant, form=True)["access_token"]

    def join(self, street: Street, user: str) -> None:
        """Add the MQTT integration by its own form."""
        place = street.broker.place
        flow = self.ask("/api/config/config_entries/flow", {"handler": "mqtt", "show_advanced_options": True})
        given: dict[str, Any] = {
            "broker": place.mqtt_host,
            "port": place.mqtt_port,
            "username": user,
            "password": street.passwords[user],
            "advanced_options": True,
            "protocol": "3.1.1",
            "set_ca_cert": "custom",
            "transport": "tcp",
            "certificate": self.upload(street.broker.papers.authority),
        }
        while flow["type"] == "form":  # the form grows: first the broker, then how to trust it, then the certificate
            asked = {field["name"] for field in flow["data_schema"]}
            assert not flow["errors"], flow
            answers = {name: value for name, value in given.items() if name in asked}
            flow = self.ask(f"/api/config/config_entries/flow/{flow['flow_id']}", answers)
        assert flow["type"] == "create_entry", flow

    def upload(self, path: Path) -> str:
        """Send a file as the form's upload field does; returns its id."""
        edge = "edge-of-a-part"
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            f"Content-Type: application/x-pem-file\r\n\r\n{path.read_text()}\r\n--{edge}--\r\n"
        ).encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/file_upload", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.loads(answer.read())["file_id"])


@contextmanager
def home_assistant(folder: Path) -> Iterator[HomeAssistant]:
    """Home Assistant on a free port, onboarded, until leaving."""
    folder.mkdir()
    found = HomeAssistant(free_port())
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=found.port))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    said = (folder / "said.log").open("wb")
    process = subprocess.Popen([str(HASS), "-c", str(folder), "--skip-pip"], env=kept, stdout=said, stderr=said)
    try:
        until(lambda: _answers(found, process), bool, STARTED_S_MAX)
        found.onboard()
        yield found
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        said.close()


def _answers(found: HomeAssistant, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "Home Assistant ended"
    try:
        return bool(found.ask("/api/onboarding"))
    except (urllib.error.URLError, ConnectionError):
        time.sleep(0.3)
        return False
