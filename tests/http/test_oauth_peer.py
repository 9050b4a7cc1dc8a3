"""OAuth with a client that others wrote: Authlib, over a socket."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session
from desk import Desk, open_desk
from oauth_client import REDIRECT, decided, registered, signed_in
from served import served

from memory.database import Database


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


def test_a_client_of_other_authors_gets_uses_refreshes_and_gives_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code with PKCE, a look at the home, rotation, revocation: by Authlib's own understanding of the standards."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with served(desk.street) as origin, httpx2.Client(base_url=origin, follow_redirects=True) as person:
        told = person.get("/.well-known/oauth-authorization-server").json()
        peer = OAuth2Session(
            registered(person), redirect_uri=REDIRECT, scope="home:read", code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )  # fmt: skip
        verifier = "v" * 64
        url, state = peer.create_authorization_url(told["authorization_endpoint"], code_verifier=verifier)
        back = decided(person, signed_in(desk, person, urlsplit(url).query))
        assert back["state"] == state
        token = peer.fetch_token(told["token_endpoint"], code=back["code"], code_verifier=verifier)
        assert peer.get(f"{origin}/api/v1/orders?slot=1").status_code == 200
        renewed = peer.refresh_token(told["token_endpoint"], refresh_token=token["refresh_token"])
        assert renewed["access_token"] != token["access_token"]
        assert peer.get(f"{origin}/api/v1/orders?slot=1").status_code == 200
        peer.revoke_token(told["revocation_endpoint"], token=renewed["refresh_token"])
        assert peer.get(f"{origin}/api/v1/orders?slot=1").status_code == 401
