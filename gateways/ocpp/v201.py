"""What the messages of OCPP 2.0.1 mean, Open Charge Alliance, edition 3: a transaction is told in events."""

from typing import Any

from domain.errors import Fault
from gateways.ocpp.visit import Actions, Visit, allowed, beat, booted, heard, other_data
from memory.devices.chargers import AWAY

SETTINGS = (
    ("AlignedDataCtrlr", "Measurands", "Energy.Active.Import.Register"),
    ("AlignedDataCtrlr", "Interval", "{slot_s}"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands", "Energy.Active.Import.Register,SoC"),
    ("SampledDataCtrlr", "TxUpdatedInterval", "60"),
    ("SampledDataCtrlr", "TxStartedMeasurands", "Energy.Active.Import.Register,SoC"),
    ("SampledDataCtrlr", "TxEndedMeasurands", "Energy.Active.Import.Register,SoC"),
)


def setting_requests(slot_min: int) -> list[tuple[str, dict[str, Any]]]:
    """What a charge point is asked to do of itself: its register at every half hour, and while it charges."""
    slot_s = str(slot_min * 60)
    wanted = [
        {
            "attributeValue": value.format(slot_s=slot_s),
            "component": {"name": component},
            "variable": {"name": variable},
        }
        for component, variable, value in SETTINGS
    ]
    return [("SetVariables", {"setVariableData": wanted})]


def _authorize(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    return {"idTokenInfo": {"status": allowed(visit, payload["idToken"]["idToken"])}}


def _transaction_event(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """The charge point names the transaction; an event that came again changes nothing."""
    token = payload.get("idToken")
    answer = {"idTokenInfo": {"status": allowed(visit, token["idToken"])}} if token else {}
    reference = payload["transactionInfo"]["transactionId"]
    connector = _connector(visit, payload, reference)
    if connector is None:
        visit.keep([], [Fault("evse", "unknown_transaction", f"nobody said where {reference!r} takes place")])
        return answer
    if ended := payload["eventType"] == "Ended":
        visit.ended(connector)
    else:
        visit.begun(connector)
    samples, faults = visit.read(connector, payload.get("meterValue", []), charging=True)
    if ended and samples:
        samples.sort(key=lambda each: each.at)
        samples[-1] = samples[-1]._replace(stored_percent=AWAY)
    visit.keep(samples, faults)
    return answer


def _connector(visit: Visit, payload: dict[str, Any], reference: str) -> int | None:
    """The EVSE of a transaction, which only its first event must name."""
    if "evse" in payload:
        evse = int(payload["evse"]["id"])
        visit.books.number(visit.device_id, reference, evse)
        return evse
    return visit.books.connector(visit.device_id, reference=reference)


def _meter_values(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    visit.keep(*visit.read(payload["evseId"], payload["meterValue"]))
    return {}


ACTIONS: Actions = {
    "BootNotification": booted,
    "Heartbeat": beat,
    "Authorize": _authorize,
    "TransactionEvent": _transaction_event,
    "MeterValues": _meter_values,
    "StatusNotification": heard,
    "NotifyEvent": heard,
    "NotifyReport": heard,
    "NotifyChargingLimit": heard,
    "FirmwareStatusNotification": heard,
    "LogStatusNotification": heard,
    "SecurityEventNotification": heard,
    "DataTransfer": other_data,
}
