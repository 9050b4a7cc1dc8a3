"""A day by hand is filed by an operator and counts when two other people in different roles have approved it.

A filing is kept as it came, byte for byte; a better one replaces it until the day is approved, and nothing is thrown
away. What is approved books nothing yet: that waits for the meters (``services.byhand.reconciling``).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection

from domain.account import AccountRole
from domain.errors import Conflict, Fault, InputRefused, PermissionDenied, RuleBroken
from domain.hand_row import HandRow
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.grid import hand_days
from memory.grid.hand_days import HandApproval, HandDay
from services.context import TradeContext
from services.money.booking import slot_contracts
from services.opening import RULES
from services.orders.positions import HOLDS

FILED, APPROVED = "day.filed_by_hand", "day.approved_by_hand"
APPROVING = (AccountRole.OPERATOR, AccountRole.GRID, AccountRole.FINANCE)
APPROVALS = 2
REASON_LENGTH_MIN = 20


def file_day(
    ctx: TradeContext, asker: Principal, day: date, content: bytes, rows: Sequence[HandRow], faults: Sequence[Fault]
) -> HandDay:
    """Keep a day's form; the same again is the one that stands. faults: of its form, told together with those of sense.

    Raises PermissionDenied, InputRefused with every fault by row and column, Conflict when the day is approved.
    """
    with ctx.database.begin("file-day") as tx:
        require(asker, Action.FILE_DAY, Record())
        hand_days.lock(tx)
        if found := [*faults, *_sense_faults(tx, ctx, day, rows)]:
            raise InputRefused(found)
        filed = HandDay(hashlib.sha256(content).hexdigest()[:16], str(day), asker.account, ctx.now(), content, [*rows])
        known = hand_days.of_day(tx, str(day))
        if any(is_approved(tx, each) and each.id != filed.id for each in known):
            raise Conflict(f"another form of {day} was approved already")
        if filed.id not in {each.id for each in known}:
            hand_days.add(tx, filed)
            ctx.steps.note(tx, RULES, FILED, filed.id, {"day": str(day), "account": asker.account, "rows": len(rows)})
    return filed


def approve_day(ctx: TradeContext, asker: Principal, filing: str, reason: str) -> bool:
    """Write one person's approval of a filing down; whether the day is approved now.

    Raises InputRefused on a reason that says too little, PermissionDenied, RuleBroken on an unknown filing or
    one that a later one replaced.
    """
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise InputRefused([Fault("reason", "too_short", f"say what you checked, in {REASON_LENGTH_MIN} characters")])
    with ctx.database.begin("approve-day") as tx:
        hand_days.lock(tx)
        filed = _newest(tx, filing)
        first = next(iter(hand_days.approvals(tx, filing)), None)
        record = Record(author=filed.filed_by)
        if first is not None:
            record = Record(author=filed.filed_by, confirmed_by=first.account, confirmed_as=first.role)
        require(asker, Action.APPROVE_DAY, record)
        role = next((each for each in APPROVING if each in asker.roles and (first is None or each != first.role)), None)
        if role is None:
            raise PermissionDenied(f"{asker.account} holds no other role than the first who approved")
        hand_days.approve(tx, HandApproval(filing, str(role), asker.account, reason, ctx.now()))
        ctx.steps.note(tx, RULES, APPROVED, filing, {"role": str(role), "account": asker.account, "reason": reason})
        return is_approved(tx, filed)


def is_approved(tx: Connection, filed: HandDay) -> bool:
    """Whether two different people in two different roles approved it."""
    said = hand_days.approvals(tx, filed.id)
    return min(len({each.account for each in said}), len({each.role for each in said})) >= APPROVALS


def _newest(tx: Connection, filing: str) -> HandDay:
    found = hand_days.find(tx, filing)
    if found is None:
        raise RuleBroken(f"no filing is called {filing}: gridpact manual list")
    if (newest := hand_days.of_day(tx, found.day)[-1]).id != filing:
        raise RuleBroken(f"{filing} was replaced by {newest.id}")
    return found


def _sense_faults(tx: Connection, ctx: TradeContext, day: date, rows: Sequence[HandRow]) -> Iterator[Fault]:
    """What no form can say of this market and this day, by row and column."""
    corridor, known = ctx.rules.of(day).corridor, set(ctx.roster.ids)
    traded = {slot for slot in {each.slot for each in rows} if _is_traded(tx, slot)}
    for each in rows:
        if each.site not in known:
            yield _fault(each, "site", "unknown_site", f"no site is called {each.site}")
        if each.buyer and each.buyer not in known:
            yield _fault(each, "sold_to", "unknown_site", f"no site is called {each.buyer}")
        if each.buyer == each.site:
            yield _fault(each, "sold_to", "own_site", f"{each.site} cannot sell to itself")
        if each.buyer and not corridor.contains(each.price_mjpy_per_kwh):
            said = f"outside the corridor, {corridor.floor} to {corridor.cap} mJPY/kWh"
            yield _fault(each, "price_jpy_per_kwh", "outside_corridor", said)
        if each.buyer and each.slot in traded:
            yield _fault(each, "sold_to", "traded", "the market has contracts of this slot that stand")
    yield from _slot_faults(rows)


def _slot_faults(rows: Sequence[HandRow]) -> Iterator[Fault]:
    """What contradicts an earlier line of the same slot."""
    price: dict[int, int] = {}
    read: set[tuple[int, str]] = set()
    side: dict[tuple[int, str], str] = {}
    fed_wh = {(each.slot, each.site): each.export_wh for each in rows if each.export_wh is not None}
    sold_wh: defaultdict[tuple[int, str], int] = defaultdict(int)
    for each in rows:
        here = (each.slot, each.site)
        if each.import_wh is not None or each.export_wh is not None:
            if here in read:
                yield _fault(each, "import_kwh", "read_twice", f"{each.site} was read in this slot on a line before")
            read.add(here)
        if not each.buyer:
            continue
        if price.setdefault(each.slot, each.price_mjpy_per_kwh) != each.price_mjpy_per_kwh:
            yield _fault(each, "price_jpy_per_kwh", "other_price", "a line before has another price of this slot")
        for site, stands in ((each.site, "sells"), (each.buyer, "buys")):
            if side.setdefault((each.slot, site), stands) != stands:
                yield _fault(each, "sold_to", "both_sides", f"{site} cannot sell and buy in one slot")
        sold_wh[here] += each.sold_wh
        if sold_wh[here] > fed_wh.get(here, sold_wh[here]):
            yield _fault(each, "sold_kwh", "above_export", f"{each.site} sold more than was read at its meter")


def _is_traded(tx: Connection, slot: int) -> bool:
    return any(each.state in HOLDS for each in slot_contracts(tx, slot))


def _fault(row: HandRow, column: str, code: str, message: str) -> Fault:
    return Fault(f"form:{row.line}:{column}", code, message)
