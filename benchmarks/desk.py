"""The review desk: how soon a case is painted, a long queue is paged, what an open desk costs, and what axe finds.

The product's own application over a real database with so many waiting cases, served by a process of its own.
``queue_ms``: the server's answer to a whole page of the queue over loopback, the median of each kind of page (plain, of
one risk, searched by words, searched by number), the slowest kind. ``first_paint_ms``: the first contentful paint of a
case in Chromium, the median. ``mb_per_client``: by how much the serving process grows for each of 200 open desks, which
listen to the stream of events. ``axe_violations``: over queue, case, done and team in both languages and themes.
Without Chromium or the packages that tests need, the figures that take them are None.
"""

import http.client
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks.clearing import machine
from benchmarks.desk_house import serve

CASES, PAGES, CLIENTS, PAINTS = 10_000, 11, 200, 7
SETTLES_S = 3.0
QUERIES = ("", "?harm=low", "?q=off+the+reference", "?q=C-0099&harm=high")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MIB = 1024 * 1024
PAINTED = "performance.getEntriesByName('first-contentful-paint')"


class Served(NamedTuple):
    """The application as it is reached: its origin, sessions' tokens, its process, and a case that waits."""

    origin: str
    tokens: list[str]
    pid: int
    case: str


def measure(cases: int = CASES) -> dict[str, Any]:
    """All figures over so many waiting cases."""
    folder = Path(tempfile.mkdtemp(prefix="gridpact-desk-"))
    try:
        with _serving(folder, cases) as served:
            figures = {"cases": cases, "queue_ms": _queue_ms(served), "mb_per_client": _mb_per_client(served)}
            figures |= _looked_at(served)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"bench": "desk", "figures": figures, "machine": machine()}


@contextmanager
def _serving(folder: Path, cases: int) -> Iterator[Served]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, cases, theirs))
    process.start()
    try:
        origin, tokens, case = ours.recv()
        assert process.pid is not None, "it was started"
        yield Served(origin, tokens, process.pid, case)
    finally:
        ours.send("stop")
        process.join()


def _queue_ms(served: Served) -> float:
    connection = http.client.HTTPConnection(urlsplit(served.origin).netloc)
    kinds = []
    for query in QUERIES:
        spent = []
        for _ in range(PAGES):
            began = time.perf_counter()
            connection.request("GET", f"/en/review{query}", headers=_headers(served))
            answer = connection.getresponse()
            page = answer.read()
            spent.append(time.perf_counter() - began)
            assert answer.status == 200, answer.status
            assert b"C-0" in page, "the page shows cases"
        kinds.append(statistics.median(spent))
    connection.close()
    return float(round(max(kinds) * 1_000, 1))


def _mb_per_client(served: Served) -> float:
    before, listening = _resident_bytes(served.pid), []
    for client in range(CLIENTS):
        connection = http.client.HTTPConnection(urlsplit(served.origin).netloc)
        connection.request("GET", "/api/v1/events/stream", headers=_headers(served, client))
        assert connection.getresponse().status == 200, "the stream is open to the desk"
        listening.append(connection)
    time.sleep(SETTLES_S)
    grown = _resident_bytes(served.pid) - before
    for connection in listening:
        connection.close()
    return float(round(grown / CLIENTS / MIB, 4))


def _resident_bytes(pid: int) -> int:
    resident_pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return resident_pages * resource.getpagesize()


def _headers(served: Served, client: int = 0) -> dict[str, str]:
    return {"Cookie": f"gridpact={served.tokens[client % len(served.tokens)]}"}


def _looked_at(served: Served) -> dict[str, Any]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or not all(find_spec(name) for name in ("playwright", "axe_playwright_python")):
        return {"first_paint_ms": None, "axe_violations": None}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        found = {
            "first_paint_ms": _first_paint_ms(chromium, served),
            "axe_violations": _axe_violations(chromium, served),
        }
        chromium.close()
    return found


def _first_paint_ms(chromium: Any, served: Served) -> float:
    page, spent = _page(chromium, served, "light"), []
    for _ in range(PAINTS):
        page.goto(f"{served.origin}/ja/review/cases/{served.case}")
        page.wait_for_function(f"{PAINTED}.length")
        spent.append(float(page.evaluate(f"{PAINTED}[0].startTime")))
    page.context.close()
    return float(round(statistics.median(spent), 1))


def _axe_violations(chromium: Any, served: Served) -> int:
    from axe_playwright_python.sync_playwright import Axe

    count = 0
    for theme in ("light", "dark"):
        page = _page(chromium, served, theme)
        for language in ("ja", "en"):
            for path in ("", f"/cases/{served.case}", "/done", "/team"):
                page.goto(f"{served.origin}/{language}/review{path}")
                count += len(Axe().run(page).response["violations"])
        page.context.close()
    return count


def _page(chromium: Any, served: Served, theme: str) -> Any:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme, bypass_csp=True)
    context.add_cookies([{"name": "gridpact", "value": served.tokens[0], "url": served.origin}])
    return context.new_page()
