"""All that is on record about one party, as one document: what a person may ask for at any time."""

import base64
from datetime import date, datetime
from typing import Any

from memory import registry
from memory.members import personal_data
from services.opening import RULES
from services.steps import Steps
from settlement.ledger import member


def export(steps: Steps, party_id: str, by: str) -> dict[str, Any]:
    """Every row about the party, by table, in plain JSON; that it was asked for stands in the journal."""
    with steps.database.begin("export-person") as tx:
        books = {site.id: member(site.id) for site in registry.sites(tx)}
        found = personal_data.rows_about(tx, personal_data.owned_by(tx, party_id, books))
        steps.note(tx, RULES, "person.exported", party_id, {"by": by, "tables": len(found)})
    return {"party": party_id, "exported_at": steps.clock().isoformat(), "tables": _plain(found)}


def _plain(value: Any) -> Any:
    """Moments and days in ISO 8601, bytes in base64."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
