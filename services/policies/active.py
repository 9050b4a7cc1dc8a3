"""Which version of the rules holds on which day, as people activated it.

A draft is kept as its text; what it extends ships with Gridpact, and should that ever say something else, the version
is refused instead of quietly meaning something new.
"""

from sqlalchemy import Connection

from domain.errors import RuleBroken, RuleValueUnusable
from memory.trading import policy_versions
from memory.trading.policy_versions import PolicyVersion
from policies.pack import RulePack, pack_of
from services.rules import FIRST_VERSION, Active, Rules


def follow(tx: Connection, rules: Rules) -> None:
    """Let the rules know every activation there is. Raises RuleValueUnusable when one cannot be read as approved."""
    packs = {FIRST_VERSION: rules.pack} | {each.number: each.pack for each in rules.activated}
    activated = []
    for each in policy_versions.activations(tx):
        if each.number not in packs:
            packs[each.number] = find_pack(tx, rules, each.number)
        activated.append(Active(each.from_day, each.number, packs[each.number]))
    rules.follow(activated)


def read_version(version: PolicyVersion) -> RulePack:
    """The pack that a version's text says. Raises RuleValueUnusable when it says something else than was approved."""
    pack = pack_of(f"version {version.number}", version.text)
    if pack.digest != version.pack:
        raise RuleValueUnusable(
            f"version {version.number} was drafted on a base that says something else now: draft it anew"
        )
    return pack


def find_pack(tx: Connection, rules: Rules, number: int) -> RulePack:
    """The pack of a version. Raises RuleBroken when there is none of the number."""
    return rules.pack if number == FIRST_VERSION else read_version(find_version(tx, number))


def find_version(tx: Connection, number: int) -> PolicyVersion:
    """A draft by its number. Raises RuleBroken when there is none."""
    found = next((each for each in policy_versions.every(tx) if each.number == number), None)
    if found is None:
        raise RuleBroken(f"there is no version {number}; gridpact policies list names them")
    return found
