"""The shell lines of docs/integrate/openadr.md, as they stand there, against a VTN on a socket."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
import uvicorn
from street import Street, build
from test_openadr_vtn import CLIENTS

from memory.database import Database
from memory.grid import grid_signals

PAGE = Path(__file__).parents[2] / "docs/integrate/openadr.md"


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def port(street: Street) -> Iterator[int]:
    app = street.app(lambda doors: replace(doors, openadr=CLIENTS))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(10)


def test_the_shell_lines_of_the_openadr_page_make_a_limit(street: Street, port: int, tmp_path: Path) -> None:
    """All of them in one shell, none may fail; the last prints the event, which limits."""
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    assert "curl" in lines
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=tmp_path,
        env={**os.environ, "GRIDPACT_HTTP_PORT": str(port), "SECRET": "secret of dso"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made, end = json.JSONDecoder().raw_decode(done.stdout)
    assert json.loads(done.stdout[end:]) == [made]
    with street.database.read() as tx:
        assert [each.value for each in grid_signals.every(tx)] == [2_500]
