"""Subscriptions of OpenADR 3.1: who wants to hear of which objects, at which address, under which bearer token.

A token is kept sealed and never shown again. An address is public and https, as for webhooks.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.errors import Fault, InputRefused
from gateways.openadr.event import Name
from gateways.webhooks.address import URL_CHARACTERS_MAX, check_url
from identity.keys import Signers
from identity.sealing import seal, unseal
from identity.token import Chance

OPERATIONS = {"CREATE": "CREATE", "UPDATE": "UPDATE", "DELETE": "DELETE", "POST": "CREATE", "PUT": "UPDATE"}
"""What happened, by the words of 3.1 and of 3.0."""
TOKEN_CHARACTERS_MAX = 4_000


class Operation(BaseModel):
    """Which objects, which of their changes, and where to."""

    model_config = ConfigDict(extra="ignore")
    objects: Annotated[
        list[Literal["PROGRAM", "EVENT", "REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]], Field(max_length=6)
    ]
    operations: Annotated[
        list[Literal["CREATE", "READ", "UPDATE", "DELETE", "GET", "POST", "PUT"]], Field(max_length=7)
    ]
    callbackUrl: Annotated[str, Field(min_length=1, max_length=URL_CHARACTERS_MAX)]  # noqa: N815
    bearerToken: Annotated[str, Field(max_length=TOKEN_CHARACTERS_MAX, pattern=r"^[\x21-\x7e]*$")] | None = None  # noqa: N815

    def word(self, kind: str, happened: str) -> str | None:
        """How the subscriber calls a change of that kind of object, None when it does not want to hear of it."""
        if kind not in self.objects:
            return None
        return next((each for each in self.operations if OPERATIONS.get(each) == happened), None)


class SubscriptionForm(BaseModel):
    """A subscription as a client sends it; names are those of the standard."""

    model_config = ConfigDict(extra="ignore")
    clientName: Name  # noqa: N815
    programID: Name | None = None  # noqa: N815
    targets: Annotated[list[Name], Field(max_length=50)] | None = None
    objectOperations: Annotated[list[Operation], Field(max_length=5)] = []  # noqa: N815


def check_addresses(form: SubscriptionForm, *, loopback: bool) -> None:
    """Raises InputRefused with every fault of every address."""
    faults: list[Fault] = []
    for each in form.objectOperations:
        try:
            check_url(each.callbackUrl, loopback=loopback)
        except InputRefused as refused:
            faults += refused.faults
    if faults:
        raise InputRefused(faults)


def shown_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """The subscription without its tokens."""
    operations = body.get("objectOperations") or []
    kept = [{name: value for name, value in each.items() if name != "bearerToken"} for each in operations]
    return {**body, "objectOperations": kept} if operations else dict(body)


def sealed_tokens(form: SubscriptionForm, keys: Signers, chance: Chance, subscription: str) -> bytes:
    """The tokens by operation, sealed for this subscription."""
    return seal(keys, chance, json.dumps([each.bearerToken for each in form.objectOperations]).encode(), subscription)


def tokens_of(sealed: bytes, keys: Signers, subscription: str) -> Sequence[str | None]:
    """What was sealed."""
    found: list[str | None] = json.loads(unseal(keys, sealed, subscription))
    return found
