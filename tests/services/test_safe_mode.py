"""When silence means that trading stops."""

import pytest

from domain.contract import ContractEvent
from policies.bands import OnTimeout
from services.cases.safe_mode import means_safe_mode


@pytest.mark.parametrize("event", [ContractEvent.APPROVE, ContractEvent.REJECT])
def test_what_people_decided_never_stops_the_market(event: ContractEvent) -> None:
    """Whatever the rule would make of silence."""
    assert not means_safe_mode(event, [{"on_timeout": str(OnTimeout.SAFE_MODE)}])


@pytest.mark.parametrize("on_timeout", OnTimeout)
def test_silence_goes_safe_only_where_a_rule_says_so(on_timeout: OnTimeout) -> None:
    """One such rule among others is enough; a record that says nothing of it stops nothing."""
    findings = [{"trigger": "E01"}, {"on_timeout": str(OnTimeout.REJECT)}, {"on_timeout": str(on_timeout)}]
    assert means_safe_mode(ContractEvent.EXPIRE, findings) == (on_timeout is OnTimeout.SAFE_MODE)
