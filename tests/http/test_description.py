"""The API's own description is complete: whoever reads it knows every question, answer and problem."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from street import Street, build

from gateways.http import problem
from gateways.http.app import create_app
from gateways.http.deprecation import DEPRECATED, NOTICE, Deprecated, mark
from memory.database import Database

PUBLIC = {
    "/healthz", "/api/v1/readings", "/api/v1/setpoints", "/api/v1/slots/{slot}", "/api/v1/slots/{slot}/book",
    "/api/v1/areas/{area}/energy",
    "/api/v1/grid/signals", "/api/v1/grid/stop", "/api/v1/auth/sign-in", "/api/v1/auth/invitations/see",
    "/api/v1/auth/invitations/accept", "/api/v1/auth/passkeys/sign-in", "/api/v1/auth/passkeys/sign-in/options",
    "/api/v1/auth/outside/sign-in", "/api/v1/auth/outside/callback", "/api/v1/auth/outside/invitation",
}  # fmt: skip


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def described(street: Street) -> dict[str, Any]:
    found: dict[str, Any] = street.client.get("/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything that is ours; OpenADR describes its own."""
    for path, found in described["paths"].items():
        if not path.startswith("/openadr3/"):
            yield from ((path, method, operation) for method, operation in found.items())


def references(value: object) -> Iterator[str]:
    """Every reference inside."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_operation_is_described_in_words(described: dict[str, Any]) -> None:
    """A summary that is not made of the function's name, a description, a tag, and a name of its own."""
    assert described["openapi"].startswith("3.1")
    faults = [
        f"{method} {path}"
        for path, method, operation in operations(described)
        if not operation.get("tags")
        or len(operation.get("description", "")) < 10
        or operation["operationId"].startswith(operation["summary"].lower().replace(" ", "_"))
    ]
    assert faults == []
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(names) == len(set(names))


def test_every_answer_has_a_form(described: dict[str, Any]) -> None:
    """Each success with a body says of which fields; an object of just anything is none. Files and streams aside."""
    faults = []
    for path, method, operation in operations(described):
        for status, response in operation["responses"].items():
            if status.startswith("2") and status != "204":
                schema = response.get("content", {}).get("application/json", {}).get("schema", {})
                if "$ref" not in schema and not path.endswith(("/options", "/stream", ".pdf", ".csv")):
                    faults.append(f"{method} {path} {status}")
    assert faults == []


def test_every_problem_has_the_one_form(described: dict[str, Any]) -> None:
    """Whatever fails fails as problem+json, and each operation lists what follows from its parts."""
    faults = []
    for path, method, operation in operations(described):
        found = operation["responses"]
        wanted = {"429", "500", "503"}
        wanted |= {"401", "403"} if "security" in operation else set()
        wanted |= {"422"} if "parameters" in operation else set()
        wanted |= {"400", "413", "415", "422"} if "requestBody" in operation else set()
        wrong = [s for s, each in found.items() if s >= "400" and list(each["content"]) != [problem.MEDIA_TYPE]]
        if wrong or wanted - found.keys():
            faults.append((path, method, wrong, wanted - found.keys()))
    assert faults == []
    assert set(described["components"]["schemas"]["ProblemItem"]["required"]) == {"type", "title", "status", "detail"}


def test_every_operation_names_its_credentials(described: dict[str, Any]) -> None:
    """A key or a session, everywhere but at the doors that are open by intent."""
    schemes = described["components"]["securitySchemes"]
    assert {name: each["type"] for name, each in schemes.items()} == {
        "key": "http", "session": "apiKey", "openadr": "http",
    }  # fmt: skip
    open_to_all = {path for path, _, operation in operations(described) if "security" not in operation}
    assert open_to_all == PUBLIC


def test_what_needs_no_credential_says_so(street: Street, described: dict[str, Any]) -> None:
    """Asked without one, the operations that name credentials answer 401, and no other does."""
    for path, method, operation in operations(described):
        url = path.replace("{day}", "2026-05-20").replace("{digest}", "0" * 64).replace("{slot}", "7")
        answer = street.client.request(method, url.replace("{", "").replace("}", ""), headers={"Idempotency-Key": "k"})
        if "security" in operation and "requestBody" not in operation:
            assert answer.status_code == 401, (method, path, answer.text)
        assert answer.status_code != 500


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """A reader that follows them all finds them all."""
    for reference in references(described):
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            assert part in found, reference
            found = found[part]


def test_what_will_go_tells_its_callers(street: Street) -> None:
    """Both dates and the successor in the headers of every answer, the mark in the description; others say nothing."""
    going = Deprecated("GET", "/api/v1/trades/{trade_id}", date(2026, 1, 1), date(2027, 1, 1), "/api/v2/trades")
    client = TestClient(create_app(street.app().state.doors, [going]))
    headers = client.get("/api/v1/trades/t1").headers
    assert headers["deprecation"] == "@1767225600"
    assert headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert headers["link"] == '</api/v2/trades>; rel="successor-version"'
    assert "deprecation" not in client.get("/api/v1/trades").headers
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/api/v1/trades/{trade_id}"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/api/v1/trades"]["get"]


def test_nothing_goes_sooner_than_half_a_year_after_its_mark(described: dict[str, Any]) -> None:
    """A shorter notice cannot be written down, nor one of what there is not."""
    first = date(2026, 1, 1)
    with pytest.raises(ValueError, match="180 days"):
        Deprecated("GET", "/healthz", first, first + NOTICE - timedelta(days=1), "/")
    with pytest.raises(AssertionError, match="does not exist"):
        mark([Deprecated("GET", "/api/v1/nowhere", first, first + NOTICE, "/")], described["paths"])
    mark(DEPRECATED, described["paths"])
