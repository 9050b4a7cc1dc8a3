"""``gridpact negotiate``: two members' agents negotiate a deal; a transcript is shown to whoever may see it.

Both sides may see what was said: every offer, who made it, how it ended. What an offer was worth is each side's own:
it follows from its meter, its tariff and its mandate, and would tell the other how far it could have been pressed. So
gains are not kept, and are shown for one side only, when that side is named.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from domain.errors import Fault, InputRefused
from domain.order import Side
from gridpact.demo import traded_slots
from gridpact.existing import Existing, open_existing
from gridpact.wiring import open_premises
from market.negotiation.agenda import Offer
from market.negotiation.bargaining import Brief
from memory.trading import negotiations
from memory.trading.negotiations import NegotiationRow
from services.deals.deal_parties import Invitation, Premises, parties
from services.deals.negotiating import held, negotiate
from services.deals.negotiation_record import said_in


def run(options: argparse.Namespace) -> int:
    """Negotiate, or show what was said; 0 with or without an agreement. Raises InputRefused with every fault."""
    with open_existing(options) as world:
        if options.show:
            _show(world, options)
        else:
            _hold(world, options)
    return 0


def _hold(world: Existing, options: argparse.Namespace) -> None:
    if not (options.seller and options.buyer):
        raise InputRefused([Fault("SELLER BUYER", "missing", "name the site that sells and the one that buys")])
    market = world.house.time
    slot = market.at(world.house.clock()) + market.ahead
    premises = open_premises(world.house, slot)
    invitation = Invitation(options.seller, options.buyer, slot, options.months)
    trades_on = _trades_on(world, slot)
    row = negotiate(premises, invitation) if trades_on else held(premises, invitation)[0]
    filed = trades_on and row.proposal_id is not None
    if options.json:
        print(json.dumps({"id": row.id, "digest": row.digest, "kept": trades_on, "filed": filed, "sheet": row.sheet}))
        return
    print("\n".join([*_sheet_lines(row), _fate(row, trades_on=trades_on)]))


def _trades_on(world: Existing, slot: int) -> bool:
    """Whether the world has a slot yet to draft: a live market always, a demonstration until its last book closes."""
    plan = world.plan
    return plan is None or not plan.planted or slot < traded_slots(plan, world.house)[-1]


def _fate(row: NegotiationRow, *, trades_on: bool) -> str:
    if not trades_on:
        return "nothing was filed: this run has no slot left to draft it; nothing was kept"
    if row.proposal_id is None:
        return f"no proposal was filed; gridpact negotiate --show {row.id} prints what was said"
    return f"proposal {row.proposal_id} is filed: the next slot drafts it, and the rules judge it"


def _sheet_lines(row: NegotiationRow) -> Iterator[str]:
    sheet = row.sheet
    yield f"{row.id}: {row.seller_site} to {row.buyer_site}, {sheet['ending']} after {sheet['messages']} messages"
    if sheet["terms"]:
        for name, value in Offer(**sheet["terms"])._asdict().items():
            yield f"  {name:24} {value:>12,}"
        yield f"  {'energy_wh':24} {sheet['energy_wh']:>12,}"
    yield f"  term sheet {row.digest}"


def _show(world: Existing, options: argparse.Namespace) -> None:
    """Print a transcript, verified before. Raises AuditBroken naming the first entry that does not hold."""
    with world.house.database.read() as tx:
        row = negotiations.find(tx, options.show)
        known = [each.id for each in negotiations.all(tx)]
    if row is None:
        listed = ", ".join(known) or "none"
        raise InputRefused([Fault(options.show, "unknown_negotiation", f"no negotiation has this id; known: {listed}")])
    said_in(row)
    own = _own_brief(open_premises(world.house, row.slot), row, options.side) if options.side else None
    said = [_message(row, each, own) for each in row.transcript]
    if options.json:
        print(json.dumps({"id": row.id, "verified": True, "sheet": row.sheet, "transcript": said}))
        return
    for each in said:
        print("\n".join(_message_lines(each)))
    print("\n".join([*_sheet_lines(row), f"  the chain of {len(said)} messages holds"]))


def _own_brief(premises: Premises, row: NegotiationRow, side: str) -> Brief:
    """The brief with which a side went into the negotiation, as its meter gives it and its mandate stands now."""
    tenor = row.agenda["issues"][2]
    months = tenor["low"] if tenor["count"] == 1 else None
    found = parties(premises, Invitation(row.seller_site, row.buyer_site, row.slot, months))
    return found.seller if side == Side.SELL.name.lower() else found.buyer


def _message(row: NegotiationRow, entry: list[Any], own: Brief | None) -> dict[str, Any]:
    """One message in words; with a brief, what each of its offers is worth to that side."""
    number, sender, act, offers, reason, note, _, hash_ = entry
    site = row.seller_site if sender == Side.SELL else row.buyer_site
    shown: list[dict[str, Any]] = [Offer(*offer)._asdict() for offer in offers]
    if own is not None:
        shown = [each | {"own_gain_ujpy": _gain(own, Offer(**each))} for each in shown]
    said = {"number": number, "round": number // 2 + 1, "site": site, "side": Side(sender).name.lower(), "act": act}
    return said | {"offers": shown, "reason": reason, "note": note, "hash": hash_}


def _gain(own: Brief, offer: Offer) -> int | None:
    """What an offer is worth to a side, uJPY; None outside its mandate, where it has no price."""
    return own.gain(offer) if own.mandate.allows(offer) else None


def _message_lines(said: dict[str, Any]) -> Iterator[str]:
    ending = f", {said['reason']}" if said["reason"] else ""
    yield f"round {said['round']}, {said['side']} {said['site']}: {said['act']}{ending}  [{said['hash'][:12]}]"
    for offer in said["offers"]:
        values = "  ".join(
            f"{name.split('_')[0]} {'outside its mandate' if value is None else f'{value:,}'}"
            for name, value in offer.items()
        )
        yield f"    {values}"
