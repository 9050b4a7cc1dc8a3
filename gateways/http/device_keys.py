"""Devices' registration and their meters' keys: put in, certified, given the next key, stopped.

A member registers equipment at its own sites. What a meter says is paid for, so an installer of another party registers
it, and gives it a key when the one before cannot ask for the next.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from domain.site import Device, DeviceKind
from gateways.http.auth import Strict, Text
from gateways.http.body import form, form_body
from gateways.http.devices import DeviceItem, device_item
from gateways.http.doors import Doors
from gateways.http.idempotency import Key, once_by_key
from gateways.http.look import Asker
from gateways.http.owners import of_device, of_site
from gateways.http.page import Answer, Name
from gateways.http.problem import problems
from identity.action import Action
from identity.authorisation import require
from identity.equipment import CAPACITY_WH_MAX, POWER_W_MAX
from memory import cases, registry
from services.devices.device_keys import OVERLAP_MAX, meter, rotate, stop_key
from services.devices.device_registry import certify, register_device
from services.devices.key_proof import hand_over
from services.steps import Steps

ROUTER = APIRouter(prefix="/devices", tags=["devices"])
CERTIFICATE_CHARACTERS_MAX = 32_768
HOURS_MAX = OVERLAP_MAX // timedelta(hours=1)
PublicKey = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class DeviceForm(Strict):
    """A device and its nameplate. A meter has a public key and nothing else; equipment has its rated power."""

    site: Text
    kind: Annotated[DeviceKind, Field(strict=False)]
    power_w: Annotated[int, Field(ge=0, le=POWER_W_MAX)] = 0
    capacity_wh: Annotated[int, Field(ge=0, le=CAPACITY_WH_MAX)] = 0
    public_key: PublicKey | None = None


class CertificateForm(Strict):
    """An issuer's certificate (SD-JWT) of the device at a site."""

    site: Text
    certificate: Annotated[str, Field(min_length=1, max_length=CERTIFICATE_CHARACTERS_MAX, pattern="^[!-~]+$")]


class NextKeyForm(Strict):
    """A meter's next key. proof: in hex, what the key before signs: device, market, public_key and the purpose
    gridpact-key-1 in canonical JSON; an installer needs none. overlap: how long the key before stays good."""

    public_key: PublicKey
    proof: Annotated[str, Field(pattern="^[0-9a-f]{128}$")] | None = None
    overlap_h: Annotated[int, Field(ge=0, le=HOURS_MAX)] = 0


class StopKeyForm(Strict):
    """Why a key is stopped. since: from when on it may have been in other hands; now, when nothing is said."""

    reason: Text
    since: Annotated[AwareDatetime | None, Field(strict=False)] = None


class RestingItem(Answer):
    """A contract that rests on what the meter said."""

    contract: str
    slot: int
    state: str


class StoppedItem(Answer):
    """What stopping did. case: what an expert is asked. contracts: those that rest on the meter since then, by slot."""

    device: str
    key: str
    case: str
    had_credential: bool
    contracts: list[RestingItem]


@ROUTER.put(
    "/{device_id}",
    summary="Register a device",
    response_model=DeviceItem,
    responses={**problems(409), 201: {"model": DeviceItem, "description": "it is new"}},
    openapi_extra=form_body(DeviceForm),
)
def put_device(
    request: Request, device_id: Name, asker: Asker, given: Annotated[DeviceForm, Depends(form(DeviceForm))]
) -> JSONResponse:
    """Register a device under an id: 201, 200 when it stands there just so, 409 when another does. A meter takes an
    installer with a fresh sign-in."""
    doors: Doors = request.app.state.doors
    needed = Action.REGISTER_METER if given.kind is DeviceKind.METER else Action.REGISTER_DEVICE
    require(asker, needed, of_site(request, given.site))
    key = bytes.fromhex(given.public_key or "")
    device = Device(device_id, given.site, given.kind, given.power_w, given.capacity_wh, public_key=key)
    new = register_device(doors.steps, device, asker.account)
    with doors.steps.database.read() as tx:
        found = registry.devices_of(tx, [device_id])[device_id]
    return JSONResponse(device_item(found).model_dump(mode="json"), 201 if new else 200)


@ROUTER.put(
    "/{device_id}/certificate",
    summary="Present a device's certificate",
    openapi_extra=form_body(CertificateForm),
)
def put_certificate(
    request: Request, device_id: Name, asker: Asker, given: Annotated[CertificateForm, Depends(form(CertificateForm))]
) -> DeviceItem:
    """Present a certificate: the device has the facts it names from now on, known before or not."""
    doors: Doors = request.app.state.doors
    require(asker, Action.REGISTER_DEVICE, of_site(request, given.site))
    return device_item(certify(doors.steps, given.certificate, asker.account, (device_id, given.site)))


@ROUTER.put("/{device_id}/key", summary="Give a meter its next key", openapi_extra=form_body(NextKeyForm))
def put_device_key(
    request: Request, device_id: Name, asker: Asker, given: Annotated[NextKeyForm, Depends(form(NextKeyForm))]
) -> DeviceItem:
    """Give a meter its next key, by proof of the one before; without one it takes an installer. Once, however often."""
    doors: Doors = request.app.state.doors
    wanted = bytes.fromhex(given.public_key), timedelta(hours=given.overlap_h), asker.account
    if given.proof is not None:
        require(asker, Action.REGISTER_DEVICE, of_device(request, device_id))
        public_key, overlap, by = wanted
        proof = bytes.fromhex(given.proof)
        return device_item(hand_over(doors.steps, doors.audience, device_id, public_key, proof, overlap, by))
    require(asker, Action.REGISTER_METER, of_device(request, device_id))
    rotate(doors.steps, device_id, *wanted)
    with doors.steps.database.read() as tx:
        return device_item(meter(tx, device_id))


@ROUTER.post(
    "/{device_id}/key/stop",
    summary="Stop a stolen key",
    responses=problems(409),
    openapi_extra=form_body(StopKeyForm),
)
def post_key_stop(
    request: Request, device_id: Name, asker: Asker, key: Key, given: Annotated[StopKeyForm, Depends(form(StopKeyForm))]
) -> StoppedItem:
    """Stop all keys of a meter now, and see which contracts rest on it. 409 when they were stopped before."""
    doors: Doors = request.app.state.doors
    require(asker, Action.STOP_KEY, of_device(request, device_id))
    content = given.model_dump(mode="json") | {"device": device_id}

    def work(steps: Steps) -> dict[str, Any]:
        since = given.since or steps.clock()
        done = stop_key(steps, doors.time, device_id, given.reason, since, asker.account)
        return {"key": done.key_id, "case": done.case_id, "had_credential": done.had_credential}

    done = once_by_key(doors.steps, asker, "stop-key", key, content, work)
    with doors.steps.database.read() as tx:
        resting = cases.get(tx, done["case"]).evidence["contracts"]
    return StoppedItem(device=device_id, contracts=resting, **done)
