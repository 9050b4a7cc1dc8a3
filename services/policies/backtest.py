"""Past days judged again: which contracts another version of the rules would have decided otherwise.

The contracts on record are judged on the facts on record; nothing is cleared again, so what another corridor would
have matched is not told. The corridor and the validity of rule values are the version's own; the reference price is
that of the record, kept inside the corridor. The version that held is judged again too, beside what it decided then.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.contract import ContractEvent
from domain.errors import RuleValueUnusable
from domain.quantity import MJPY_PER_JPY, UJPY_PER_JPY, WH_PER_KWH
from memory.trading import contracts, rule_decisions
from memory.trading.contracts import ContractRow
from memory.trading.rule_decisions import RuleDecision
from policies.bands import Action
from policies.corridor import trading_keys
from policies.facts import Facts
from policies.pack import RulePack
from policies.triggers import Judgement
from services.cases.review import ACTIONS, judge_all
from services.market_time import MarketTime
from services.policies.decisions import facts_of
from services.rules import DayRules, Rules, day_rules

STOPPED = "stop"
"""What becomes of every contract of a day on which a version cannot be traded by."""


class Flip(NamedTuple):
    """A contract that would be decided otherwise. before, after: what happens to it. triggers: of the second judgement,
    or of the first where the second has none."""

    contract: str
    slot: int
    before: str
    after: str
    triggers: tuple[str, ...]


class Fate(NamedTuple):
    """What a version makes of one contract. delivered_mjpy_per_kwh: what a kWh costs its buyer under it, None where it
    does not pass."""

    contract: ContractRow
    event: str
    triggers: tuple[str, ...]
    delivered_mjpy_per_kwh: int | None


class Replay(NamedTuple):
    """days: judged again. changed_since: contracts that the very version that decided them decides otherwise today,
    which no honest record shows. flips: in order of slot and contract. before, after: the fate of each contract."""

    days: int
    changed_since: int
    flips: tuple[Flip, ...]
    before: tuple[Fate, ...]
    after: tuple[Fate, ...]


def figures(fates: Sequence[Fate]) -> dict[str, Any]:
    """For people: counts, share, kWh, yen, and what a passed kWh costs its buyer on average, yen."""
    events = Counter(each.event for each in fates)
    standard = [each.delivered_mjpy_per_kwh is not None for each in fates if each.contract.standard]
    passed = [each for each in fates if each.delivered_mjpy_per_kwh is not None]
    passed_wh = sum(each.contract.energy_wh for each in passed)
    passed_ujpy = sum(each.contract.energy_wh * each.contract.price_mjpy_per_kwh for each in passed)
    cost_ujpy = sum(each.contract.energy_wh * (each.delivered_mjpy_per_kwh or 0) for each in passed)
    return {
        "passed": events[str(ContractEvent.PASS)],
        "escalated": events[str(ContractEvent.ESCALATE)],
        "blocked": events[str(ContractEvent.BLOCK)],
        "stopped": events[STOPPED],
        "contract_automation": sum(standard) / len(standard) if standard else None,
        "passed_kwh": passed_wh / WH_PER_KWH,
        "passed_jpy": passed_ujpy / UJPY_PER_JPY,
        "delivered_jpy_per_kwh": round(cost_ujpy / passed_wh / MJPY_PER_JPY, 3) if passed_wh else None,
    }


def backtest(
    tx: Connection, rules: Rules, time: MarketTime, days: Sequence[date], after: RulePack, tell: Callable[[date], None]
) -> Replay:
    """Judge the days' contracts by the rules that held and by another version. tell: called after each day."""
    decisions: list[RuleDecision] = []
    was: list[Fate] = []
    would: list[Fate] = []
    for day in days:
        slots = time.slots_of(day)
        kept = rule_decisions.between(tx, slots[0], slots[-1])
        made = {each.digest: each for each in contracts.of_digests(tx, [each.contract_digest for each in kept])}
        recorded = [(each, made[each.contract_digest]) for each in kept]
        decisions += kept
        was += _judged(recorded, rules.on(day), rules.area, time, day)
        would += _judged(recorded, after, rules.area, time, day)
        tell(day)
    return Replay(
        days=len({time.day_of(each.slot) for each in decisions}),
        changed_since=sum(
            fate.event != str(ACTIONS[Action(each.action)]) for each, fate in zip(decisions, was, strict=True)
        ),
        flips=tuple(
            Flip(each.contract_digest, each.slot, old.event, new.event, new.triggers or old.triggers)
            for each, old, new in zip(decisions, was, would, strict=True)
            if old.event != new.event
        ),
        before=tuple(was),
        after=tuple(would),
    )


def _judged(
    kept: Sequence[tuple[RuleDecision, ContractRow]], pack: RulePack, area: str, time: MarketTime, day: date
) -> list[Fate]:
    """What a pack makes of each contract of a day, in their order; where it cannot trade the day, all are stopped."""
    try:
        rules = day_rules(pack, area, day)
        facts = {row.digest: _under(facts_of(each.facts), row, pack, rules, area, time, day) for each, row in kept}
        judged = judge_all(facts, pack, day)
    except RuleValueUnusable:
        return [Fate(row, STOPPED, (), None) for _, row in kept]
    return [_fate(row, judged[row.digest], rules) for _, row in kept]


def _fate(contract: ContractRow, judgement: Judgement, rules: DayRules) -> Fate:
    event = ACTIONS[judgement.action]
    passes = event is ContractEvent.PASS
    delivered = rules.stack.delivered(contract.price_mjpy_per_kwh) if passes else None
    return Fate(contract, str(event), tuple(each.trigger for each in judgement.findings), delivered)


def _under(
    facts: Facts, contract: ContractRow, pack: RulePack, rules: DayRules, area: str, time: MarketTime, day: date
) -> Facts:
    """The facts of the record as they would have been under a pack."""
    keys, corridor = trading_keys(area), rules.corridor
    begin, last = (time.day_of(slot) for slot in (contract.terms["slot_first"], contract.terms["slot_end"] - 1))
    at_begin, at_end = tuple(pack.usable(begin, keys)), tuple(pack.usable(last, keys))
    reference = min(max(facts.reference_price_mjpy_per_kwh, corridor.floor), corridor.cap)
    return replace(
        facts,
        corridor=corridor,
        reference_price_mjpy_per_kwh=reference,
        rule_faults=at_begin if begin <= day else (),
        rule_faults_later=at_end or at_begin,
    )
