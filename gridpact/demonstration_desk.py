"""What ``gridpact up`` prepares in a simulated neighbourhood for whoever tries it: waiting cases, experts who sign in.

The cases come about as any others: members' deals, filed for the first slot, trip the rules when they are reviewed. The
experts' accounts are made once, as by invitation, with a password and an authenticator out of the machine's own chance.
Both stand in a file that only its owner reads, since nobody was handed the invitation. A real neighbourhood has none of
this: whoever decides there was invited, and keeps an authenticator of the own.
"""

import json
import os
from base64 import b32decode
from datetime import date
from pathlib import Path
from typing import NamedTuple

from domain.account import AccountRole
from domain.errors import RuleBroken
from gridpact.demo import Run
from gridpact.wiring import House, load_rules, open_reception
from identity.one_time_code import code, step_at
from identity.token import new_token
from memory.access import accounts
from memory.trading import proposals
from memory.trading.proposals import ProposalRow
from services.access.accounts import invite
from services.access.invitations import accept_invitation, see_invitation
from services.access.signing_in import sign_out
from simulation.planted import planted_proposals

BY = "demonstration"
PASSWORD_CHARACTERS = 16  # 96 bits of chance, and short enough for a phone
EXPERTS = {
    "legal@demonstration": ("expert-legal", AccountRole.LEGAL),
    "grid@demonstration": ("expert-grid", AccountRole.GRID),
    "finance@demonstration": ("expert-finance", AccountRole.FINANCE),
    "mediator@demonstration": ("expert-mediator", AccountRole.MEDIATOR),
}


class MeansOfSignIn(NamedTuple):
    """How a demonstration's expert signs in. secret: of its authenticator, as text."""

    password: str
    secret: str


def plant_cases(run: Run) -> None:
    """File the deals whose reviews ask experts, for the first slot; those that are filed stay."""
    rules, first = load_rules(run.house.settings), run.traded[0]
    corridor = rules.of(run.plan.first_day).corridor
    planted = planted_proposals(run.community, run.world.prices, first, 1, corridor, rules.pack.valid_to or date.max)
    with run.house.database.begin("plant") as tx:
        known = {each.id for each in proposals.all(tx)}
        new = [ProposalRow(each.id, each.filed_at, each.body, planted=each.id) for each in planted]
        proposals.save(tx, [each for each in new if each.id not in known])


def admit_experts(house: House) -> dict[str, MeansOfSignIn]:
    """Make the experts' accounts, once; how each signs in, by login."""
    known = _read(house.places.experts)
    for login in (each for each in EXPERTS if each not in known):
        known[login] = _admit(house, login)
        _write(house.places.experts, known)
    return known


def code_of(house: House, login: str) -> str:
    """The authenticator's code of a demonstration's expert, now. Raises RuleBroken for any other account: its code is
    known to its owner's authenticator alone."""
    means = _read(house.places.experts).get(login)
    if means is None:
        raise RuleBroken(f"{login[:80]} is no expert of a demonstration; the code is in its owner's authenticator")
    return code(b32decode(means.secret), step_at(house.clock()))


def _admit(house: House, login: str) -> MeansOfSignIn:
    reception, (party, role) = open_reception(house), EXPERTS[login]
    with house.database.read() as tx:
        account = accounts.of_login(tx, login)
    invitation = invite(reception, BY, login, party, [] if account else [role])
    secret = see_invitation(reception, invitation)["secret"]
    password = new_token(reception.chance)[:PASSWORD_CHARACTERS]
    earlier = code(b32decode(secret), step_at(house.clock()) - 1)  # a code is good once: the present one stays
    opened, _ = accept_invitation(reception, invitation, password, earlier, BY)
    sign_out(reception, opened.account_id)
    return MeansOfSignIn(password, secret)


def _read(path: Path) -> dict[str, MeansOfSignIn]:
    if not path.exists():
        return {}
    return {login: MeansOfSignIn(**means) for login, means in json.loads(path.read_text()).items()}


def _write(path: Path, known: dict[str, MeansOfSignIn]) -> None:
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({login: means._asdict() for login, means in known.items()}, file)
    beside.replace(path)
