"""``gridpact contracts``: contracts on paper, from approving templates over consent to the PDF of each."""

import argparse
import json
from pathlib import Path
from typing import Any

from contracts.paper.paper_template import MASTER, NAMES, template
from contracts.paper.pdf import pictures
from domain.errors import Fault, InputRefused
from gridpact.existing import Existing, open_existing
from gridpact.signing import whoever_asks
from memory.trading import contracts, papers
from memory.trading.papers import PaperRow
from services.deals.deal_parties import Invitation
from services.papers.concluding import consent, note_opened, paper_of, withdraw
from services.papers.copies import Copy, copy_of, copy_of_contract, master_copy
from services.papers.particulars import state
from services.papers.putting_on_paper import put_on_paper
from services.papers.template_approvals import approve

BY = "command-line"
DIGEST_DIGITS = 64


def run(options: argparse.Namespace) -> int:
    """List papers, show one, write a PDF, approve a template, invite, open, consent, withdraw, state particulars."""
    with open_existing(options) as world:
        verb = {
            None: _list, "list": _list, "show": _show, "pdf": _pdf, "templates": _templates, "invite": _invite,
            "open": _open, "consent": _consent, "withdraw": _withdraw, "state": _state,
        }[options.verb]  # fmt: skip
        _print(verb(world, options), options.json)
    return 0


def _list(world: Existing, options: argparse.Namespace) -> list[dict[str, Any]]:
    with world.house.database.read() as tx:
        drawn = {each.id: each for each in papers.all(tx)}
        return [
            {"id": deal.id, "seller": deal.seller_site, "buyer": deal.buyer_site, "drawn_up": deal.id in drawn}
            for deal in papers.deals(tx)
        ]


def _show(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    with world.house.database.read() as tx:
        paper = paper_of(tx, options.contract)
        acts = papers.acts(tx, paper.id)
    made = paper.pages[f"individual-{options.language}"]
    return {
        "id": paper.id,
        "title": made["title"],
        "cover": dict(made["cover"]),
        "articles": {each["head"]: each["clauses"] for each in made["articles"]},
        "origin_of_free_text": paper.free["origin"],
        "documents": dict(paper.documents),
        "due_at": paper.due_at.isoformat(),
        "acts": [f"{each.party_id} {each.kind} {each.at.isoformat()}" for each in acts],
    }


def _pdf(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    """A document as PDF, or its pages as pictures; looking at it here is no opening by a side."""
    with world.house.database.read() as tx:
        if options.contract == MASTER:
            found, made = master_copy(options.language), None
        elif len(options.contract) == DIGEST_DIGITS:
            contract = contracts.get(tx, options.contract)
            found, made = copy_of_contract(tx, contract, world.house.time, options.language), None
        else:
            paper = paper_of(tx, options.contract)
            found = copy_of(tx, paper, options.document, options.language)
            made = paper.pages[f"{options.document}-{options.language}"]
    return _written(found, made, options.out)


def _written(found: Copy, made: dict[str, Any] | None, out: Path) -> dict[str, Any]:
    files = {out: found.content}
    if out.suffix == ".png":
        if made is None:
            raise InputRefused([Fault("--out", "wrong_form", "pictures are made of a deal's own papers; write a .pdf")])
        files = {out.with_stem(f"{out.stem}-{number}"): each for number, each in enumerate(pictures(made), start=1)}
    for path, content in files.items():
        path.write_bytes(content)
    return {"document": found.name, "language": found.language, "sha256": found.digest, "files": [*map(str, files)]}


def _templates(world: Existing, options: argparse.Namespace) -> Any:
    if options.approve:
        count = approve(world.house.steps, whoever_asks(world.house, options), options.approve)
        return {"template": options.approve, "approvals": count}
    versions = {name: template(name).digest for name in NAMES}
    with world.house.database.read() as tx:
        return [
            {"template": name, "version": version, "approved_by": papers.approvers(tx, version)}
            for name, version in versions.items()
        ]


def _invite(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    market = world.house.time
    slot = market.at(world.house.clock()) + market.ahead
    deal = put_on_paper(world.house.steps, Invitation(options.seller, options.buyer, slot, options.months))
    return {"id": deal.id, "next": "the market negotiates it and draws up its papers at its next tick"}


def _open(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    asker, paper = whoever_asks(world.house, options), _paper(world, options)
    with world.house.database.read() as tx:
        found = copy_of(tx, paper, "pre_contract", options.language)
    said = _written(found, None, options.out)
    note_opened(world.house.steps, asker, paper, found.digest)
    return said


def _consent(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    done = consent(world.house.steps, whoever_asks(world.house, options), options.contract)
    return {"id": options.contract, "done": [str(each) for each in done]}


def _withdraw(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    until = withdraw(world.house.steps, whoever_asks(world.house, options), options.contract)
    return {"id": options.contract, "withdrawn": True, "could_until": until.isoformat()}


def _state(world: Existing, options: argparse.Namespace) -> dict[str, Any]:
    pairs = [each.partition("=") for each in options.particulars]
    if bare := [key for key, sign, _ in pairs if not sign]:
        raise InputRefused([Fault(key[:40], "wrong_form", "write it as field=value") for key in bare])
    typed = {key: value for key, _, value in pairs}
    state(world.house.steps, options.subject, typed, BY)
    return {"subject": options.subject, "stated": sorted(typed)}


def _paper(world: Existing, options: argparse.Namespace) -> PaperRow:
    with world.house.database.read() as tx:
        return paper_of(tx, options.contract)


def _print(said: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(said, ensure_ascii=False))
        return
    for each in said if isinstance(said, list) else [said]:
        print("\n".join(f"{name}: {_line(value)}" for name, value in each.items()))


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {name}: {_line(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"\n    {each}" for each in value) if value else "nobody"
    return str(value)
