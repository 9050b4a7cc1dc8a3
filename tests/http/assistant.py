"""A member's assistant by the official MCP client, in front of a street with mandates."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from desk import Desk, open_desk
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from oauth_client import REDIRECT, decided, signed_in
from pydantic import AnyUrl
from served import served

from domain.party import Licence, Mandate
from gateways.http.doors import Doors
from identity import access
from identity.grantable import TO_ASSISTANTS
from memory import registry
from memory.database import Database
from policies.licences import RETAIL_SUPPLY
from services.telling.explaining import Explanation

Talk = Callable[[Client], Awaitable[Any]]
Person = Callable[[str], Awaitable[None]]
Answer = Callable[[], Awaitable[AuthorizationCodeResult]]


@dataclass
class Kept:
    """What a client remembers."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class Assistant:
    """An assistant by the official client, whose member grants these scopes when it asks."""

    desk: Desk
    origin: str
    scopes: list[str]
    kept: Kept

    def talk(self, talk: Talk, mode: str = "auto") -> Any:
        """Connect, with sign-in and consent if need be, and talk."""

        async def connected(person: Person, answer: Answer) -> Any:
            asks = OAuthClientMetadata(client_name="Helpful", redirect_uris=[AnyUrl(REDIRECT)])
            auth = OAuthClientProvider(f"{self.origin}/mcp", asks, self.kept, person, answer)
            async with (
                httpx2.AsyncClient(auth=auth, timeout=30) as http,
                Client(streamable_http_client(f"{self.origin}/mcp", http_client=http), mode=mode) as client,
            ):
                return await talk(client)

        return self.with_person(connected)

    def with_person(self, work: Callable[[Person, Answer], Awaitable[Any]]) -> Any:
        """Work that may send its person to a page, and waits for the answer."""
        answers: list[dict[str, str]] = []

        async def person(url: str) -> None:
            answers.append(await asyncio.to_thread(self.consents, url))

        async def answer() -> AuthorizationCodeResult:
            back = answers.pop()
            return AuthorizationCodeResult(code=back["code"], state=back["state"], iss=back["iss"])

        return asyncio.run(_awaited(work, person, answer))

    def call(self, tool: str, **given: Any) -> Any:
        """What a tool gives, which its own output schema holds for; or the text of its error."""

        async def one(client: Client) -> Any:
            found = await client.call_tool(tool, given)
            text = "".join(each.text for each in found.content if each.type == "text")
            if found.is_error:
                return text
            assert json.loads(text) == found.structured_content
            return found.structured_content

        return self.talk(one)

    def consents(self, url: str) -> dict[str, str]:
        """What goes back to the program after its person signed in and consented."""
        with httpx2.Client(base_url=self.origin, follow_redirects=True, timeout=30) as browser:
            return decided(browser, signed_in(self.desk, browser, urlsplit(url).query), scopes=self.scopes)


def open_market(database: Database, tmp_path: Path) -> Desk:
    """The street with mandates, a licence and a member who signs in for P1."""
    made = open_desk(database, tmp_path)
    with database.begin() as tx:
        access.grant_defaults(tx)
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2")))
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
    return made


def explained(site: str, slot: int, language: str) -> Explanation:
    return Explanation(f"{site} sold at 12 JPY/kWh. It was sunny.", "template", {})


@contextmanager
def assistant_of(desk: Desk, *scopes: str) -> Iterator[Assistant]:
    def with_words(doors: Doors) -> Doors:
        return replace(doors, explain=explained)

    with served(desk.street, with_words) as origin:
        yield Assistant(desk, origin, list(scopes or TO_ASSISTANTS), Kept())


async def _awaited(work: Callable[[Person, Answer], Awaitable[Any]], person: Person, answer: Answer) -> Any:
    return await work(person, answer)
