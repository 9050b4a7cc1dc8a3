"""OpenADR 3.1 with a client that others wrote (``openadr3`` from PyPI), in an environment of its own."""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
import uvicorn
from street import Street, build
from test_openadr_vtn import CLIENTS, ROOT

from memory.database import Database
from memory.grid import grid_signals

PEER = Path(__file__).parents[2] / ".venv-openadr/bin/python"
TALK = """
import json, sys
from openadr3.api import create_bl_client, create_ven_client
base = sys.argv[1]
operator = create_bl_client(base, token="none yet")
operator.fetch_token("dso", "secret of dso")
program = operator.create_program({"programName": "limits"}).json()["id"]
event = {"programID": program, "eventName": "warm transformer", "targets": ["S1"], "priority": 5,
         "intervalPeriod": {"start": "2026-05-20T16:00:00Z", "duration": "PT1H"},
         "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [2.5]}]}]}
made = operator.create_event(event)
home = create_ven_client(base, token="none yet")
home.fetch_token("ven1", "secret of ven1")
(seen,) = home.events()
report = home.create_report({"eventID": seen.id, "clientName": "home", "reportName": "seen", "resources": []})
refused = home.create_event(event)
(back,) = operator.reports()
print(json.dumps({"made": made.status_code, "payload": seen.intervals[0].payloads[0].type,
                  "reported": report.status_code, "refused": refused.status_code,
                  "problem": refused.headers["content-type"], "report": back.report_name}))
"""


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def address(street: Street) -> Iterator[str]:
    """The VTN on a socket of its own."""
    app = street.app(lambda doors: replace(doors, openadr=CLIENTS))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}{ROOT}"
    server.should_exit = True
    thread.join(10)


def test_a_client_that_others_wrote_limits_reads_and_reports(street: Street, address: str) -> None:
    """It finds the token by itself, makes program and event, reads them back typed, reports, and is refused in form."""
    if not PEER.exists():
        pytest.skip("no OpenADR peer: make openadr-peer")
    done = subprocess.run([str(PEER), "-c", TALK, address], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "made": 201,
        "payload": "IMPORT_CAPACITY_LIMIT",
        "reported": 201,
        "refused": 403,
        "problem": "application/problem+json",
        "report": "seen",
    }
    with street.database.read() as tx:
        (signal,) = grid_signals.every(tx)
    assert (signal.target, signal.value, signal.priority) == ("S1", 2_500, 250)
