"""What the messages of OCPP 1.6J mean, Open Charge Alliance, edition 2, with the security extension's notices."""

from typing import Any

from domain.errors import Fault
from gateways.ocpp.sampled import REGISTER_WH_MAX, moment_of
from gateways.ocpp.visit import Actions, Visit, allowed, beat, booted, heard, other_data
from memory.devices.chargers import AWAY, UNKNOWN, Sample

# What a charge point is asked to do of itself when it starts: its register at every half hour, and every minute while
# it charges. One that knows a setting not, or not so, is left as it is.
SETTINGS = {
    "MeterValuesAlignedData": "Energy.Active.Import.Register",
    "MeterValuesSampledData": "Energy.Active.Import.Register,SoC",
    "ClockAlignedDataInterval": "{slot_s}",
    "MeterValueSampleInterval": "60",
}


def setting_requests(slot_min: int) -> list[tuple[str, dict[str, Any]]]:
    """The settings as requests."""
    slot_s = str(slot_min * 60)
    return [
        ("ChangeConfiguration", {"key": key, "value": value.format(slot_s=slot_s)}) for key, value in SETTINGS.items()
    ]


def _authorize(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    return {"idTagInfo": {"status": allowed(visit, payload["idTag"])}}


def _start(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A start that comes again is known by connector, moment and register, and gets its number again."""
    connector, register_wh = payload["connectorId"], payload["meterStart"]
    reference = f"{connector}@{payload['timestamp'][:40]}@{register_wh}"
    number = visit.books.number(visit.device_id, reference, connector)
    visit.begun(connector)
    visit.keep(*_mark(visit, connector, payload["timestamp"], register_wh, UNKNOWN))
    return {"transactionId": number, "idTagInfo": {"status": allowed(visit, payload["idTag"])}}


def _stop(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """The end of a transaction nobody heard of is answered all the same, but its connector is not known."""
    connector = visit.books.connector(visit.device_id, number=payload["transactionId"])
    if connector is None:
        visit.keep([], [Fault("transactionId", "unknown_transaction", f"no transaction {payload['transactionId']}")])
        return {}
    visit.ended(connector)
    end, wrong = _mark(visit, connector, payload["timestamp"], payload["meterStop"], AWAY)
    samples, faults = visit.read(connector, payload.get("transactionData", []), charging=True)
    visit.keep([*end, *samples], [*wrong, *faults])
    return {}


def _meter_values(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    visit.keep(*visit.read(payload["connectorId"], payload["meterValue"], charging="transactionId" in payload))
    return {}


def _mark(
    visit: Visit, connector: int, timestamp: str, register_wh: int, stored_percent: int
) -> tuple[list[Sample], list[Fault]]:
    at = moment_of(timestamp, visit.now())
    if isinstance(at, Fault):
        return [], [at]
    if not 0 <= register_wh <= REGISTER_WH_MAX:
        return [], [Fault("meter", "wrong_value", f"a register is 0 to {REGISTER_WH_MAX} Wh, not {register_wh}")]
    return [Sample(connector, at, register_wh, stored_percent)], []


ACTIONS: Actions = {
    "BootNotification": booted,
    "Heartbeat": beat,
    "Authorize": _authorize,
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "MeterValues": _meter_values,
    "StatusNotification": heard,
    "FirmwareStatusNotification": heard,
    "DiagnosticsStatusNotification": heard,
    "SecurityEventNotification": heard,
    "LogStatusNotification": heard,
    "DataTransfer": other_data,
}
