"""What a VEN of OpenADR 3.1 reports: kept as data for business logic to read, and as nothing else.

A report is its client's word. No reading that settles comes of it: those come from meters, under their own signatures.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateways.openadr.event import Interval, Name, Period


class Resource(BaseModel):
    """What is said of one resource."""

    model_config = ConfigDict(extra="ignore")
    resourceName: Name  # noqa: N815
    intervalPeriod: Period | None = None  # noqa: N815
    intervals: Annotated[list[Interval], Field(max_length=1_000)]


class ReportForm(BaseModel):
    """A report as a VEN sends it; names are those of the standard."""

    model_config = ConfigDict(extra="ignore")
    eventID: Name  # noqa: N815
    clientName: Name | None = None  # noqa: N815
    reportName: Name | None = None  # noqa: N815
    payloadDescriptors: Annotated[list[dict[str, Any]], Field(max_length=20)] | None = None  # noqa: N815
    resources: Annotated[list[Resource], Field(max_length=200)] = []
