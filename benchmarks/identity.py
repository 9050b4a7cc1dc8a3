"""How many decisions and signatures a second of CPU carries.

Decisions: may a person see or decide a case, or do something else, over records that all differ, asked in batches as
the door asks for a list, and one by one as it asks for a request. Beside them the same through Cedar with the page as
text each time, which parses it anew. Signatures: envelopes of readings, header and digest included, beside the bare
Ed25519 verification of the same bytes by the library, the floor.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.clearing import machine
from domain.account import AccountRole
from domain.party import Expertise
from domain.reading import Reading
from identity.action import Action
from identity.authorisation import PAGE, Kind, Principal, Record, may, may_each
from identity.keys import seeded_key
from identity.signatures import seal, verify

ACTIONS = (Action.SEE_CASE, Action.DECIDE_CASE, Action.SEE_HOME, Action.STOP_MARKET)
ROUNDS = 5


def measure(batch: int = 100, signatures: int = 2_000) -> dict[str, Any]:
    """Figures a CPU second, the best of five rounds each: other programs on the machine only ever take away."""
    asker = Principal(Kind.PERSON, "me", "party-me", frozenset({AccountRole.LEGAL, AccountRole.MEMBER}), fresh=True)
    asks = frozenset({str(Expertise.LEGAL)})
    records = [Record(frozenset({f"party-{place}"}), f"author-{place}", asks) for place in range(batch)]
    may(asker, Action.SEE_CASE)  # parses the page
    whole = _best(len(ACTIONS) * batch, lambda: [may_each(asker, action, records) for action in ACTIONS])
    single = _best(batch, lambda: [may(asker, Action.DECIDE_CASE, record) for record in records])
    as_text = _best(10, lambda: [_through_text(asker) for _ in range(10)])
    ours, bare = _signatures(signatures)
    figures = {"decisions_per_cpu_s": whole, "decisions_singly_per_cpu_s": single, "signatures_per_cpu_s": ours}
    floor = {"decisions_from_text_per_cpu_s": as_text, "bare_ed25519_per_cpu_s": bare}
    return {"bench": "identity", "figures": figures, "floor": floor, "machine": machine()}


def _signatures(count: int) -> tuple[int, int]:
    """Envelopes verified a CPU second, and the bare signatures of their headers."""
    key = seeded_key(1, "meter")
    public = key.public_key().public_bytes_raw()
    now = datetime(2026, 5, 20, tzinfo=UTC)
    readings = [Reading("meter", 1, place, place, import_wh=place, export_wh=0) for place in range(count)]
    envelopes = [seal(key, [each], created_at=now, audience="bench") for each in readings]
    signed = [(each.signature, each.header) for each in envelopes]
    library = Ed25519PublicKey.from_public_bytes(public)
    ours = _best(count, lambda: [verify(each, public) for each in envelopes])
    return ours, _best(count, lambda: [library.verify(signature, header) for signature, header in signed])


def _through_text(asker: Principal) -> bool:
    from cedarpy import is_authorized

    who, what = {"type": str(asker.kind), "id": asker.account}, {"type": "Record", "id": "0"}
    known = {"account": asker.account, "party": asker.party, "roles": list(asker.roles), "fresh": asker.fresh}
    entities = [
        {"uid": who, "attrs": known, "parents": []},
        {"uid": what, "attrs": {"owners": [], "asks": []}, "parents": []},
    ]
    action = {"type": "Action", "id": str(Action.DECIDE_CASE)}
    asked = {"principal": who, "action": action, "resource": what, "context": {"scope": "cases:decide"}}
    return is_authorized(asked, PAGE.read_text(), json.dumps(entities)).allowed


def _best(count: int, work: Callable[[], object]) -> int:
    """So many a CPU second in the best round, rounded."""
    seconds = []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        work()
        seconds.append(time.process_time() - started_s)
    return round(count / min(seconds))
