"""Scripted experts: one for each expertise, labelled, and refusing what they have no rule for."""

from domain.case import Verdict
from domain.party import Expertise, Role
from simulation.expert import LABEL, ScriptedExperts

EXPERTS = ScriptedExperts(())


def case(*triggers: str) -> dict[str, object]:
    """A case that arose by itself."""
    return {"planted": None, "roles": ["finance"], "findings": [{"trigger": trigger} for trigger in triggers]}


def test_every_expertise_has_a_scripted_expert_that_says_so() -> None:
    """Nobody may take the script for a person."""
    assert {party.expertise for party in EXPERTS.parties} == set(Expertise)
    assert all(party.role is Role.EXPERT and LABEL in party.name for party in EXPERTS.parties)


def test_the_first_role_of_the_case_decides_when_none_is_named() -> None:
    """A case for finance goes to finance."""
    assert EXPERTS.decide(case("E05")).person == "expert-finance"
    assert EXPERTS.decide(case("E05"), "grid").person == "expert-grid"


def test_a_natural_case_is_approved_only_under_rules_that_are_known() -> None:
    """One finding without a rule refuses the whole; a case without findings is refused."""
    assert EXPERTS.decide(case("E05")).verdict is Verdict.APPROVE
    assert EXPERTS.decide(case("E01", "E02")).verdict is Verdict.APPROVE
    for triggers in (("E01", "E10"), ("E14",), ("E99",), ()):
        decision = EXPERTS.decide(case(*triggers))
        assert decision.verdict is Verdict.REJECT
        assert decision.reason.startswith(LABEL)


def test_a_label_that_no_script_knows_counts_as_natural() -> None:
    """Somebody else's label opens no door."""
    assert EXPERTS.decide({**case("E14"), "planted": "planted-E14-9"}).verdict is Verdict.REJECT
