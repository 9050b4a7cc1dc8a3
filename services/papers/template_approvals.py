"""Templates are used once two people have approved that very version; a changed word is another version."""

from sqlalchemy import Connection

from contracts.paper.paper_template import NAMES, template
from domain.errors import Fault, InputRefused, RuleValueUnusable
from identity.action import Action
from identity.authorisation import Principal, require
from memory.trading import papers
from services.opening import RULES
from services.steps import Steps

APPROVALS = 2


def approve(steps: Steps, asker: Principal, name: str) -> int:
    """One person approves the version of a template that this program has; how many have by now.

    Raises PermissionDenied when the page does not permit it, InputRefused on an unknown name or a template at fault.
    """
    if name not in NAMES:
        raise InputRefused([Fault(name[:40], "unknown_template", f"templates: {', '.join(NAMES)}")])
    version = template(name).digest
    require(asker, Action.APPROVE_RULE)
    with steps.database.begin("approve-template") as tx:
        papers.approve(tx, version, asker.party, asker.account, steps.clock())
        body = {"name": name, "party": asker.party, "account": asker.account}
        steps.note(tx, RULES, "template.approved", version, body)
        return len(papers.approvers(tx, version))


def require_approved(tx: Connection, *names: str) -> None:
    """Raises RuleValueUnusable, naming every template of which two people have not approved the version in use."""
    missing = [name for name in names if len(papers.approvers(tx, template(name).digest)) < APPROVALS]
    if missing:
        raise RuleValueUnusable(
            f"two people have not approved the templates {', '.join(missing)}: gridpact contracts templates approve"
        )
