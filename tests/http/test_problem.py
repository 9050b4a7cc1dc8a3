"""Every failure leaves the house as one problem document with the right status."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from domain import errors
from domain.errors import Fault, GrantRefused, GridpactError, InputRefused, OutsideFailed, RuleBroken
from gateways.http import problem


def family(parent: type[GridpactError]) -> Iterator[type[GridpactError]]:
    """The error tree below a class."""
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from family(child)


def answer_to(error: Exception) -> tuple[int, dict[str, object], dict[str, str]]:
    """What a caller sees when a route raises."""
    app = FastAPI()
    problem.install(app)

    @app.get("/fails")
    def fails() -> None:
        raise error

    response = TestClient(app, raise_server_exceptions=False).get("/fails")
    assert response.headers["content-type"] == problem.MEDIA_TYPE
    return response.status_code, response.json(), dict(response.headers)


# GrantRefused is answered in OAuth's own form: test_oauth.py.
@pytest.mark.parametrize("kind", [kind for kind in family(RuleBroken) if kind is not GrantRefused])
def test_a_broken_rule_is_the_callers_to_mend(kind: type[GridpactError]) -> None:
    """4xx with the reason, and never an invitation to try again; only a broken audit is our own fault."""
    error = InputRefused([Fault("a:1", "x", "bad a")]) if kind is InputRefused else kind("because of this")
    status, body, headers = answer_to(error)
    assert 400 <= status < 500 or kind is errors.AuditBroken
    assert body["detail"] == str(error)
    assert "retry-after" not in headers


@pytest.mark.parametrize("kind", [OutsideFailed, *family(OutsideFailed)])
def test_a_failed_outside_may_be_tried_again_and_tells_strangers_nothing(kind: type[GridpactError]) -> None:
    """5xx with a time to wait; addresses and reasons stay in our log."""
    status, body, headers = answer_to(kind("postgresql://secret-host/db is gone"))
    assert status in (503, 507)
    assert headers["retry-after"] == "5"
    assert "secret-host" not in str(body)


def test_all_faults_come_at_once() -> None:
    """Who mends an input sees everything that is wrong with it."""
    faults = [Fault("a:1", "wrong_unit", "Wh, please"), Fault("b:2", "negative", "never negative")]
    status, body, _ = answer_to(InputRefused(faults))
    assert status == 422
    assert body["type"] == "urn:gridpact:problem:input_refused"
    assert body["faults"] == [{"where": f.where, "code": f.code, "message": f.message} for f in faults]


def test_a_fault_in_the_program_says_nothing_of_its_inside() -> None:
    """A stranger learns that it failed, the log learns where."""
    status, body, _ = answer_to(KeyError("secret-name"))
    assert status == 500
    assert "secret-name" not in str(body)
