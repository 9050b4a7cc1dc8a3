"""Secrets of outside systems: an admin who has just signed in sets them and sees their names. No answer holds one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from gateways.http.auth import Session, Strict
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.problem import Refused, of_item, problems
from gateways.http.tag import IfMatch, required_tags, tag_of, tagged
from identity.action import Action
from identity.authorisation import Principal, require
from services.access.vault import SECRET_CHARACTERS_MAX, Listed, Vault

ROUTER = APIRouter(prefix="/vault", tags=["vault"])
SecretName = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9_.-]{0,63}$")]
NotThere = Annotated[str | None, Header(alias="If-None-Match", pattern=r"^\*$", description="* for a new secret")]


class SecretForm(Strict):
    """The secret, in the clear, this once."""

    secret: Annotated[str, Field(min_length=1, max_length=SECRET_CHARACTERS_MAX, pattern=r"^[^\x00]*$")]


class SecretListed(Answer):
    """What may be said of a secret. key_id: the master key it is sealed under. used_at: when it was asked for last."""

    name: str
    version: int
    key_id: str
    set_at: AwareDatetime
    set_by: str
    used_at: AwareDatetime | None


class SecretsListed(Answer):
    """All secrets, by name."""

    items: list[SecretListed]


class SealedItem(Answer):
    """How many secrets were sealed anew."""

    secrets: int


def keeper(asker: Session) -> Principal:
    """An admin who has just signed in; raises as ``require`` does."""
    require(asker.principal, Action.KEEP_VAULT)
    return asker.principal


Keeper = Annotated[Principal, Depends(keeper)]


@ROUTER.get("", summary="List secrets by name")
def get_secrets(request: Request, _: Keeper) -> SecretsListed:
    """What there is, when it was set and used; never a secret."""
    return SecretsListed(items=[SecretListed.model_validate(each) for each in _vault(request).listed()])


@ROUTER.get("/{name}", summary="Read what may be said of a secret", response_model=SecretListed, responses=of_item())
def get_secret(request: Request, name: SecretName, _: Keeper) -> Response:
    """One of them; its ETag is what a change asks for."""
    return tagged(request, _item(request, name))


@ROUTER.put(
    "/{name}",
    summary="Set a secret",
    response_model=SecretListed,
    responses=problems(412, 428),
    openapi_extra=form_body(SecretForm),
)
def put_secret(
    request: Request,
    name: SecretName,
    asker: Keeper,
    given: Annotated[SecretForm, Depends(form(SecretForm))],
    if_match: IfMatch = None,
    if_none_match: NotThere = None,
) -> Response:
    """Set a new secret (``If-None-Match: *``), or another in place of the one whose tag ``If-Match`` names."""
    tags = frozenset[str]() if if_none_match else required_tags(if_match)

    def may_follow(known: Listed | None) -> bool:
        if known is None:
            return not tags
        return "*" in tags or tag_of(SecretListed.model_validate(known)) in tags

    _vault(request).put(name, given.secret, asker.account, may_follow)
    return tagged(request, _item(request, name))


@ROUTER.post("/rotation", summary="Seal all secrets under a new master key")
def post_rotation(request: Request, asker: Keeper) -> SealedItem:
    """A new master key, under which every secret is sealed anew."""
    return SealedItem(secrets=_vault(request).rotate(asker.account))


def _item(request: Request, name: str) -> SecretListed:
    found = [SecretListed.model_validate(each) for each in _vault(request).listed() if each.name == name]
    if not found:
        raise Refused(404, "unknown_secret", f"the vault holds no {name}")
    return found[0]


def _vault(request: Request) -> Vault:
    doors: Doors = request.app.state.doors
    if doors.vault is None:
        raise Refused(404, "no_vault", "there is no vault here")
    return doors.vault()
