"""The whole API against its own description, by generated requests: good ones, broken ones, and ones without a key.

For every operation and several askers: never a 5xx, only statuses, media types and bodies that the description names,
what it forbids is refused, and no key is no way in. The examples follow from a fixed seed.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
import schemathesis
from happenings import happen
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from morning import DAY, contract, morning, trade
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient
from street import NOW, SLOT, days, reading, sealed

from domain.account import AccountRole
from gateways.evidence.manual import ManualMethod
from gateways.http.app import describe
from gateways.openadr.client import OpenAdrClient
from identity.action import SCOPES
from identity.token import token_hash
from identity.vault import MasterKeys
from identity.wire import to_wire
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.access.vault import Vault

ASKERS = {
    "member": AccountRole.MEMBER,
    "retailer": AccountRole.RETAILER,
    "auditor": AccountRole.AUDITOR,
    "admin": AccountRole.ADMIN,
}
EXAMPLES = 10
ENDLESS = {"GET /api/v1/events/stream"}
"""What answers for an hour: its own tests hold it."""


BY_RULES = {
    "POST /api/v1/orders": "a site of one's own, a slot whose book is open, a limit inside the corridor",
    "PATCH /api/v1/orders/{order_id}": "an open order of one's own",
    "DELETE /api/v1/orders/{order_id}": "an open order of one's own",
    "POST /api/v1/day-ahead/{day}/orders": "a session that is open, a retailer's registration, shapes of products",
    "POST /api/v1/day-ahead/{day}/withdrawals": "orders of one's own in an open session",
    "POST /api/v1/auth/invitations": "a party that is registered",
    "POST /api/v1/auth/accounts/{account}/roles/{role}/confirmation": "a role that waits, given by another",
    "POST /api/v1/grid/signals": "a signature by a registered operator over the whole",
    "POST /api/v1/readings": "a signature by a registered meter, about now",
    "POST /api/v1/setpoints": "a signature by a registered meter, about now",
    "POST /api/v1/webhooks": "an address that leads to the public network",
    "POST /api/v1/parties/{party_id}/evidence": "a proof that the named method believes",
    "POST /api/v1/parties/{party_id}/erasure": "a person that is registered, and a reason that says something",
    "POST /openadr3/3.1.0/{kind}": "each kind has a form of its own, which OpenADR's description holds",
}
"""Operations whose well-formed requests may break a rule that no schema tells: what they take beyond it."""

BY_PARAMETERS = {
    "cursor": "only what an answer gave is one",
    "from": "a span begins before it ends and has a bounded length",
    "to": "the same",
    "day": "a day of the market's calendar, which JSON Schema cannot bound, and not beside a slot",
}
"""The same of parameters, wherever they stand: a request without them must be taken."""


KNOWN = {
    "party_id": "P1",
    "site_id": "S1",
    "device_id": "B1",
    "trade_id": trade(0).id,
    "digest": contract(0).digest,
    "day": str(DAY),
    "slot": SLOT,
}
"""What there is on the street, by the name of its parameter."""

OF_ONES_OWN = {f"GET /api/v1/parties/{{party_id}}/{name}" for name in ("challenge", "export")}
"""What nobody reads of somebody else, not even an auditor."""

DESCRIBED = {
    f"{method.upper()} {path}": operation
    for path, found in describe()["paths"].items()
    for method, operation in found.items()
    if f"{method.upper()} {path}" not in ENDLESS
}


class Whole(NamedTuple):
    """A client of the application, and every operation of its description by method and path."""

    client: TestClient
    operations: dict[str, Any]


def asks_for_something(label: str) -> bool:
    """Whether a request of the operation can be broken at all: it has a parameter or a body."""
    return bool(DESCRIBED[label].get("parameters") or DESCRIBED[label].get("requestBody"))


def is_known(label: str) -> bool:
    """Whether the operation reads something that there is."""
    names = set(re.findall(r"{(\w+)}", label))
    return label.startswith("GET /api/") and bool(names) and names <= set(KNOWN)


@pytest.fixture(scope="module")
def whole(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The application over a street where something has happened; one for all, as in the world."""
    import psycopg

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE conformance TEMPLATE template_gridpact")
    database = Database(postgres.url("conformance"))
    street = morning(database, tmp_path_factory.mktemp("conformance"))
    with database.begin() as tx:
        for name, role in ASKERS.items():
            register(tx, street.reception, "test", name, "P1" if role is AccountRole.MEMBER else name)
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
            adopt_key(tx, street.reception, "test", name, token_hash(name), sorted(SCOPES), NOW + days(1))
    happen(street)
    assert street.client.post("/api/v1/readings", json=to_wire(sealed(reading()))).status_code == 200
    openadr = {"bl": OpenAdrClient("bl", "bl", hashlib.sha256(b"secret").hexdigest(), "")}
    keys = MasterKeys(tmp_path_factory.mktemp("vault") / "vault.key", os.urandom)
    more: dict[str, Any] = {"vault": lambda: Vault(street.steps, keys), "method": lambda name: ManualMethod()}
    app = street.app(lambda doors: replace(doors, openadr=openadr, **more))
    load_all_checks()
    found: list[Any] = list(schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations())
    operations = {each.ok().label: each.ok() for each in found}
    yield Whole(TestClient(app, raise_server_exceptions=False), operations)
    database.close()


def token_of(client: TestClient, asker: str, label: str) -> str:
    """The key of an asker, or where OpenADR is spoken the token of its business logic."""
    if "/openadr3/" not in label:
        return asker
    form = {"grant_type": "client_credentials", "client_id": "bl", "client_secret": "secret"}
    answer = client.post("/openadr3/3.1.0/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def is_a_list_after_all(case: Any) -> bool:
    """In an address ``targets=null`` is the list of the one name "null": what was meant as no list becomes one."""
    wanted = (case.query or {}).get("targets", [])
    return not (isinstance(wanted, list) and all(isinstance(each, str) for each in wanted))


def beyond_a_schema(label: str, case: Any) -> list[Any]:
    """The check that is off for what may be refused by a rule: none for any other request."""
    named = {*(case.query or {}), *(case.path_parameters or {})}
    return [positive_data_acceptance] if label in BY_RULES or named & BY_PARAMETERS.keys() else []


CASES = [
    (label, mode)
    for label in sorted(DESCRIBED)
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or asks_for_something(label)
]


@pytest.mark.parametrize(("label", "mode"), CASES)
def test_every_operation_keeps_to_its_description(whole: Whole, label: str, mode: GenerationMode) -> None:
    """Whatever is asked, and whoever of the four asks it."""
    operation = whole.operations[label]
    tokens = [token_of(whole.client, asker, label) for asker in ASKERS]

    @seed(20_260_520)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        assume(not is_a_list_after_all(case))
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            case.call_and_validate(headers=headers, excluded_checks=beyond_a_schema(label, case))

    check()


def test_every_exception_is_of_something_there_is() -> None:
    """An operation or parameter that goes takes its exception along."""
    named = {each["name"] for operation in DESCRIBED.values() for each in operation.get("parameters", [])}
    assert set(DESCRIBED) >= BY_RULES.keys()
    assert named >= BY_PARAMETERS.keys()


@pytest.mark.parametrize("label", sorted(filter(is_known, DESCRIBED)))
def test_what_there_is_is_shown_as_described(whole: Whole, label: str) -> None:
    """Chance finds few names that there are: each of them is asked for by name."""
    names = re.findall(r"{(\w+)}", label)
    case = whole.operations[label].Case(path_parameters={name: KNOWN[name] for name in names})
    asker = "member" if label in OF_ONES_OWN else "auditor"
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {asker}"})
    assert answer.status_code == 200
