"""Meter value messages as a network operator writes them, for tests: kinds, zips, and what stands in them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

HOME, SHOP, ROOF = "0300111000022223333444", "0300111000022223333555", "0300111000022223333666"
VOLTAGE = {"low": "JP06125", "high": "JP06123"}
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'


def message(head: str, body: str, declared: str = DECLARED) -> str:
    return f"{declared}<SBD-MSG><JPMGRP><JPTRM>{head}<JPM00010>{body}</JPM00010></JPTRM></JPMGRP></SBD-MSG>"


def half_hourly(day: str, code: object, kwh: Mapping[str, str | None], voltage: str = "low") -> str:
    """One half hour: kWh by supply point, None where the file says it has none."""
    body = "".join(f"<JPMR00010>{_record(point, value, voltage)}</JPMR00010>" for point, value in kwh.items())
    return message(f"<JP06116>{day}</JP06116><JP06219>{code}</JP06219>", body)


def daily(day: str, kwh: Mapping[object, Mapping[str, str | None]], voltage: str = "low") -> str:
    """A day: by half hour, then by supply point."""
    body = "".join(_half_hour(code, values, voltage) for code, values in kwh.items())
    return message(f"<JP06116>{day}</JP06116>", body)


def monthly(month: str, kwh: Mapping[str, Mapping[str, Sequence[str]] | None]) -> str:
    """Confirmed values: by supply point, then by day from the first half hour on; None where there are none."""
    return message(f"<JP06401>{month}</JP06401>", "".join(_point(point, days) for point, days in kwh.items()))


def zipped(*texts: str | bytes) -> bytes:
    """Documents in one zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts, 1):
            archive.writestr(f"{number}.xml", text)
    return packed.getvalue()


def _record(point: str, value: str | None, voltage: str) -> str:
    name = VOLTAGE[voltage]
    said = "<JP06122>1</JP06122>" if value is None else f"<JP06122>0</JP06122><{name}>{value}</{name}>"
    return f"<JP06400>{point}</JP06400>{said}"


def _half_hour(code: object, values: Mapping[str, str | None], voltage: str) -> str:
    records = "".join(f"<JPMR00011>{_record(point, value, voltage)}</JPMR00011>" for point, value in values.items())
    return f"<JPMR00010><JP06219>{code}</JP06219><JPM00011>{records}</JPM00011></JPMR00010>"


def _point(point: str, days: Mapping[str, Sequence[str]] | None) -> str:
    if days is None:
        return f"<JPMR00010><JP06400>{point}</JP06400><JP06405>1</JP06405></JPMR00010>"
    each = "".join(f"<JPMR00013><JP06423>{day}</JP06423>{_slots(values)}</JPMR00013>" for day, values in days.items())
    return f"<JPMR00010><JP06400>{point}</JP06400><JP06405>0</JP06405><JPM00013>{each}</JPM00013></JPMR00010>"


def _slots(values: Sequence[str]) -> str:
    each = "".join(
        f"<JPMR00014><JP06219>{code}</JP06219><JP06424>{value}</JP06424></JPMR00014>"
        for code, value in enumerate(values, 1)
    )
    return f"<JPM00014>{each}</JPM00014>"
