"""How many decisions and signatures a second of CPU carries.

Decisions are asked one by one, as the door does for a request. ``decisions_per_cpu_s``: ASKERS members come in turn,
nine times in ten about their own home again, the tenth time about a case that nobody asked for before. New ones: all
of them about records that nobody asked for before, so none is remembered; batched: the same, a list at a time. Beside
them the same through Cedar with the page as text each time, which parses it anew. Signatures: envelopes of readings,
header and digest included, beside the bare Ed25519 verification of the same bytes by the library, the floor.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
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
ASKERS, REQUESTS_EACH, NEW_EVERY = 200, 20, 10


def measure(batch: int = 100, signatures: int = 2_000) -> dict[str, Any]:
    """Figures a CPU second, the best of five rounds each: other programs on the machine only ever take away."""
    asker, new = _asker("me"), _new_cases()
    may(asker, Action.SEE_CASE)  # parses the page
    door = _best(ASKERS * REQUESTS_EACH, lambda: _as_the_door(new))
    single = _best(batch, lambda: [may(asker, Action.DECIDE_CASE, next(new)) for _ in range(batch)])
    whole = _best(
        len(ACTIONS) * batch,
        lambda: [may_each(asker, action, [next(new) for _ in range(batch)]) for action in ACTIONS],
    )
    as_text = _best(10, lambda: [_through_text(asker) for _ in range(10)])
    ours, bare = _signatures(signatures)
    figures = {
        "decisions_per_cpu_s": door,
        "decisions_new_per_cpu_s": single,
        "decisions_batched_per_cpu_s": whole,
        "signatures_per_cpu_s": ours,
    }
    floor = {"decisions_from_text_per_cpu_s": as_text, "bare_ed25519_per_cpu_s": bare}
    return {"bench": "identity", "figures": figures, "floor": floor, "machine": machine()}


def _asker(name: str) -> Principal:
    held = frozenset({AccountRole.LEGAL, AccountRole.MEMBER})
    return Principal(Kind.PERSON, name, f"party-{name}", held, fresh=True)


def _new_cases() -> Iterator[Record]:
    """Cases of which no two are alike."""
    asks = frozenset({str(Expertise.LEGAL)})
    return (Record(frozenset({f"party-{number}"}), f"author-{number}", asks) for number in count())


def _as_the_door(new: Iterator[Record]) -> None:
    """Everybody asks in turn; the askers are new in every round, as after a night."""
    night = next(new).author
    for request in range(REQUESTS_EACH):
        for number in range(ASKERS):
            asker = _asker(f"{night}-{number}")
            if (request + number) % NEW_EVERY == 0:
                may(asker, Action.DECIDE_CASE, next(new))
            else:
                may(asker, Action.SEE_HOME, Record(frozenset({asker.party})))


def _signatures(envelopes_count: int) -> tuple[int, int]:
    """Envelopes verified a CPU second, and the bare signatures of their headers."""
    key = seeded_key(1, "meter")
    public = key.public_key().public_bytes_raw()
    now = datetime(2026, 5, 20, tzinfo=UTC)
    readings = [Reading("meter", 1, place, place, import_wh=place, export_wh=0) for place in range(envelopes_count)]
    envelopes = [seal(key, [each], created_at=now, audience="bench") for each in readings]
    signed = [(each.signature, each.header) for each in envelopes]
    library = Ed25519PublicKey.from_public_bytes(public)
    ours = _best(envelopes_count, lambda: [verify(each, public) for each in envelopes])
    return ours, _best(envelopes_count, lambda: [library.verify(signature, header) for signature, header in signed])


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


def _best(times: int, work: Callable[[], object]) -> int:
    """So many a CPU second in the best round, rounded."""
    seconds = []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        work()
        seconds.append(time.process_time() - started_s)
    return round(times / min(seconds))
