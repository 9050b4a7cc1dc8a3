"""What a case rests on, gathered once when it opens: numbered pieces that every later claim must point at.

A piece has an id, a kind and a body of whole numbers and text. Kinds: ``contract`` (where the terms leave the standard
class), ``rule`` (a finding and the rule it cites), ``grid``, ``forecast``, ``negotiation``, ``money``, ``precedent``,
``answer``.
What is not known has no piece: that no grid check can be claimed is said in so many words.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from contracts.template import STANDARD_TEMPLATE, SUPPORT_SCHEMES, TENOR_DAYS_MAX, VALUE_UJPY_MAX, VOLTAGE_CLASSES
from domain.canonical import digest
from memory.trading import clearings, forecasts, negotiations
from memory.trading.contracts import ContractRow
from memory.trading.proposals import ProposalRow
from policies.triggers import Judgement
from services.context import TradeContext

Evidence = dict[str, Any]
Piece = dict[str, Any]
QUANTILES = ("load_p10", "load_p50", "load_p90", "pv_p10", "pv_p50", "pv_p90")
RULE = "rule"


def evidence_of(
    tx: Connection,
    ctx: TradeContext,
    slot: int,
    contract: ContractRow,
    judgement: Judgement,
    proposal: ProposalRow | None,
) -> Evidence:
    """The evidence of a contract's case, without precedents."""
    pieces = [
        _difference(contract.terms),
        *_rules(ctx, slot, judgement),
        _grid(tx, slot, contract),
        *_forecasts(tx, slot, contract),
        *_negotiation(tx, proposal),
        _money(ctx, slot, contract),
    ]
    return {
        "contract": contract.digest,
        "trade": contract.trade_id,
        "terms": contract.terms,
        "pack": ctx.rules.on(ctx.day_of(slot)).digest,
        "version": ctx.rules.version_on(ctx.day_of(slot)),
        "unknown": list(judgement.unknown),
        "author": proposal.body.get("amended_by") if proposal else None,
        "pieces": pieces,
    }


def with_pieces(evidence: Mapping[str, Any], more: Iterable[Piece]) -> tuple[Evidence, str]:
    """The evidence with further pieces at its end, and its hash."""
    whole = dict(evidence) | {"pieces": [*evidence.get("pieces", []), *more]}
    return whole, digest(whole)


def precedent(past: Mapping[str, Any]) -> Piece:
    """A similar past case as a piece of evidence."""
    return piece(f"precedent:{past['case']}", "precedent", dict(past))


def piece(name: str, kind: str, body: Piece) -> Piece:
    """One piece of evidence. name: unique in its case, what a claim points at."""
    return {"id": name, "kind": kind, "body": body}


def _difference(terms: Mapping[str, Any]) -> Piece:
    """Field by field what the standard class allows and what stands here, where they differ."""
    allowed = {
        "template": ([STANDARD_TEMPLATE], terms["template"] == STANDARD_TEMPLATE),
        "extra_clauses": ([], not terms["extra_clauses"]),
        "buyer_area": ([terms["seller_area"]], terms["buyer_area"] == terms["seller_area"]),
        "voltage_class": (sorted(VOLTAGE_CLASSES), terms["voltage_class"] in VOLTAGE_CLASSES),
        "support_scheme": (sorted(SUPPORT_SCHEMES), terms["support_scheme"] in SUPPORT_SCHEMES),
        "tenor_days": ([f"up to {TENOR_DAYS_MAX}"], terms["tenor_days"] <= TENOR_DAYS_MAX),
        "value_ujpy": ([f"up to {VALUE_UJPY_MAX}"], terms["value_ujpy"] <= VALUE_UJPY_MAX),
    }
    differs = {name: {"standard": usual, "here": terms[name]} for name, (usual, same) in allowed.items() if not same}
    return piece("contract:difference", "contract", differs)


def _rules(ctx: TradeContext, slot: int, judgement: Judgement) -> list[Piece]:
    pack = ctx.rules.on(ctx.day_of(slot))
    return [
        piece(
            f"{RULE}:{each.trigger}",
            RULE,
            {
                "text": each.text_en,
                "text_ja": each.text_ja,
                "action": str(each.action),
                "roles": list(each.roles),
                "approvals": each.approvals,
                "service_class": each.sla,
                "on_timeout": str(each.on_timeout),
                "cites": {"pack": pack.id, "version": pack.version, "digest": pack.digest, "rule": each.trigger},
            },
        )
        for each in judgement.findings
    ]


def _grid(tx: Connection, slot: int, contract: ContractRow) -> Piece:
    """What the auction found on the feeder for its own trades; a deal of its own has had no check."""
    cleared = clearings.get(tx, slot) if contract.trade_id else None
    if cleared is None:
        return piece("grid:none", "grid", {"text": "no grid check can be claimed for this deal"})
    full = [each["node"] for each in cleared.detail.get("full", [])]
    body = {"slot": slot, "volume_wh": cleared.volume_wh, "price_mjpy_per_kwh": cleared.price_mjpy_per_kwh}
    return piece("grid:clearing", "grid", body | {"branches_full": full})


def _forecasts(tx: Connection, slot: int, contract: ContractRow) -> list[Piece]:
    """P10, P50, P90 of use and sun of both sites in the slot, Wh, as far as anything was expected."""
    sites = [contract.seller_site, contract.buyer_site]
    found = forecasts.of_slots(tx, slot, slot, sites)
    return [
        piece(
            f"forecast:{site}",
            "forecast",
            {"slot": slot, "site": site} | {f"{name}_wh": int(found[name][place, 0]) for name in QUANTILES},
        )
        for place, site in enumerate(sites)
        if found["load_p50"][place, 0] >= 0
    ]


def _negotiation(tx: Connection, proposal: ProposalRow | None) -> list[Piece]:
    held = negotiations.find(tx, proposal.body["negotiation"]) if proposal and "negotiation" in proposal.body else None
    if held is None:
        return []
    body = {"negotiation": held.id, "digest": held.digest, "transcript": held.transcript, "sheet": held.sheet}
    return [piece(f"negotiation:{held.id}", "negotiation", body)]


def _money(ctx: TradeContext, slot: int, contract: ContractRow) -> Piece:
    """What the seller gets and the buyer pays over the whole deal, and what the seller would get as surplus. uJPY."""
    terms, rules = contract.terms, ctx.rules.of(ctx.day_of(slot))
    energy_wh, layers = terms["energy_wh"], terms["price_layers_mjpy_per_kwh"]
    return piece(
        "money:impact",
        "money",
        {
            "seller_gets_ujpy": terms["value_ujpy"],
            "buyer_pays_ujpy": energy_wh * layers["delivered"],
            "as_surplus_ujpy": energy_wh * rules.tariff.buyback,
        },
    )
