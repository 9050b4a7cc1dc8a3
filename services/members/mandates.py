"""A mandate changes by a new version, whoever changes it, with a signed journal entry; none is overwritten.

Giving one takes a fresh sign-in, or a key made for it, of the site's own party. The stop word only ever pauses: said
over the telephone to anybody at a keyboard, it needs no account, and guessing it gains nothing but a pause.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, RuleBroken, SignInRefused, Stale
from domain.party import DayLimits, Mandate
from domain.wish import Wishes
from identity import lockout
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.token import token_hash
from memory import registry
from memory.access import attempts
from memory.devices import registered
from services.members.site_status import capacity_wh
from services.steps import Steps

CHANGED = "mandate.changed"
WORD_CHARACTERS_MIN = 6
NO_END = date.max


class Wanted(NamedTuple):
    """What a mandate shall say from now on; None leaves it as it is. valid_until: NO_END takes the end away. stop_word:
    empty takes it away."""

    sell_min_mjpy_per_kwh: int | None = None
    buy_max_mjpy_per_kwh: int | None = None
    order_max_wh: int | None = None
    reserve_wh: int | None = None
    active: bool | None = None
    day: DayLimits | None = None
    valid_until: date | None = None
    stop_word: str | None = None
    wishes: Wishes | None = None

    def in_place_of(self, known: Mandate) -> Mandate:
        """The mandate that says so."""
        said = {name: value for name, value in self._asdict().items() if value is not None and name != "stop_word"}
        wanted = replace(known, **said)
        if self.valid_until == NO_END:
            wanted = replace(wanted, valid_until=None)
        if self.stop_word is None:
            return wanted
        return replace(wanted, stop_word_hash=_hash(known.site_id, self.stop_word) if self.stop_word else "")


def _whatever(_known: Mandate) -> bool:
    return True


def give(
    steps: Steps, asker: Principal, site_id: str, wanted: Wanted, is_read: Callable[[Mandate], bool] = _whatever
) -> Mandate:
    """Put a mandate into force in place of the one that the member has read; returns what is in force then.

    is_read: whether the member has read this one. Nothing is written when it says so already. Raises PermissionDenied,
    Stale when another is in force, InputRefused with every fault.
    """
    with steps.database.begin("give-mandate") as tx:
        registered.lock(tx, site_id)
        site = registered.site(tx, site_id)
        require(asker, Action.GIVE_MANDATE, Record(frozenset({site.party_id if site else ""})))
        known = in_force(tx, site_id)
        if not is_read(known):
            raise Stale(f"the mandate of site {site_id} was changed meanwhile: read it again, then change it")
        if faults := [*_faults(tx, wanted.in_place_of(known)), *_word_faults(wanted)]:
            raise InputRefused(faults)
        return write_next(tx, steps, known, wanted.in_place_of(known), asker.account)


def write_next(tx: Connection, steps: Steps, known: Mandate, wanted: Mandate, by: str) -> Mandate:
    """Write the version after ``known``, when it says anything else; returns what is in force then."""
    written = replace(wanted, version=known.version + 1)
    if replace(written, version=known.version) == known:
        return known
    registry.save_mandate(tx, written)
    body = {"version": written.version, "by": by, "active": written.active, "reserve_wh": written.reserve_wh}
    steps.note(tx, "gateway", CHANGED, written.site_id, body)
    return written


def stop_by_word(steps: Steps, site_id: str, word: str) -> Mandate:
    """Pause a site's trading for whoever says its word. Raises SignInRefused, after a wait if it was guessed at."""
    now, subject = steps.clock(), f"stop-word:{site_id}"
    with steps.database.begin("stop-word") as tx:
        wait_s = (lockout.next_try_at(*attempts.of(tx, subject, now), lockout.FREE_OF_ACCOUNT) - now).total_seconds()
        registered.lock(tx, site_id)
        known = registered.mandate(tx, site_id)
        right = known is not None and known.stop_word_hash == _hash(site_id, word)
        if known is not None and right and wait_s <= 0:
            attempts.clear(tx, subject)
            return write_next(tx, steps, known, replace(known, active=False), "stop word")
        if wait_s <= 0:
            attempts.failed(tx, subject, now)
    raise SignInRefused("this is not the word of this site", max(0, int(wait_s)))


def in_force(tx: Connection, site_id: str) -> Mandate:
    """The mandate in force at a site. Raises RuleBroken when it has none."""
    known = registered.mandate(tx, site_id)
    if known is None:
        raise RuleBroken(f"no mandate is in force at {site_id}")
    return known


def _faults(tx: Connection, wanted: Mandate) -> Iterator[Fault]:
    held_wh, wishes = capacity_wh(tx, wanted.site_id), wanted.wishes
    for name in ("sell_min_mjpy_per_kwh", "buy_max_mjpy_per_kwh", "order_max_wh", "reserve_wh"):
        if getattr(wanted, name) < 0:
            yield Fault(name, "wrong_value", f"{name} is zero or more")
    if wanted.reserve_wh > held_wh:
        yield Fault("reserve_wh", "above_capacity", f"the batteries of this site hold {held_wh} Wh: reserve less")
    if wishes.partner_site == wanted.site_id:
        yield Fault("wishes.partner_site", "own_partner", "nobody buys from itself")
    elif wishes.partner_site and registered.site(tx, wishes.partner_site) is None:
        yield Fault("wishes.partner_site", "unknown_partner", f"no site is called {wishes.partner_site!r}")
    if wishes.premium_max_mjpy_per_kwh and not wishes:
        code, said = "premium_for_nothing", "a premium needs a wish that it is paid for"
        yield Fault("wishes.premium_max_mjpy_per_kwh", code, said)


def _word_faults(wanted: Wanted) -> Iterator[Fault]:
    if wanted.stop_word and len(_same(wanted.stop_word)) < WORD_CHARACTERS_MIN:
        yield Fault("stop_word", "too_short", f"a stop word has {WORD_CHARACTERS_MIN} letters or more")


def _hash(site_id: str, word: str) -> str:
    return token_hash(f"stop-word/{site_id}/{_same(word)}")


def _same(word: str) -> str:
    """A word as it is compared: neither case nor spaces make another one."""
    return "".join(word.split()).casefold()
