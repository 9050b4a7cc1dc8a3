"""Grants are rows, no row no grant; credit refuses what would open too much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import PermissionDenied
from identity import access
from identity.access import DEFAULT_GRANTS
from identity.credit import REFUSED, screen

LIMIT_UJPY = 50_000_000_000
AGENTS = ("runtime", "memory", "gateway", "identity")


def test_nobody_may_do_anything_before_grants_are_given(tx: Connection) -> None:
    """Default deny, with a message that names actor and action."""
    with pytest.raises(PermissionDenied, match="agent 'runtime' has no grant for 'clear'; it may: nothing"):
        access.require(tx, "runtime", "clear")


@pytest.mark.parametrize("actor", sorted(DEFAULT_GRANTS))
def test_a_grant_taken_away_is_refused_at_once_and_the_others_stay(tx: Connection, actor: str) -> None:
    """Each actor's work stops exactly where its grant was taken."""
    access.grant_defaults(tx)
    for action in sorted(DEFAULT_GRANTS[actor]):
        access.require(tx, actor, action)
        access.revoke(tx, actor, action)
        with pytest.raises(PermissionDenied, match=f"no grant for '{action}'"):
            access.require(tx, actor, action)
        for other in DEFAULT_GRANTS[actor] - {action}:
            access.require(tx, actor, other)
        access.grant(tx, actor, action)
        access.require(tx, actor, action)


def test_no_agent_moves_money_or_judges() -> None:
    """The constitution of the four agents, as a table."""
    reserved = DEFAULT_GRANTS["settlement"] | DEFAULT_GRANTS["rules"]
    for agent in AGENTS:
        assert not DEFAULT_GRANTS[agent] & reserved
    assert "dispatch" in DEFAULT_GRANTS["gateway"]
    assert not any("dispatch" in DEFAULT_GRANTS[agent] for agent in AGENTS if agent != "gateway")


def test_a_purchase_beyond_credit_is_refused_and_one_that_just_fits_is_not() -> None:
    """At the limit is covered; one micro-yen more is not."""
    column = np.array([0, 0, LIMIT_UJPY], np.int64)
    asked = np.array([LIMIT_UJPY, LIMIT_UJPY + 1, 0], np.int64)
    assert screen(column, asked, LIMIT_UJPY) == ["", REFUSED, ""]


def test_purchases_of_one_member_add_up_and_a_refused_one_uses_nothing() -> None:
    """In order of arrival; members do not share credit unless they are the same."""
    owed, asked = np.zeros(4, np.int64), np.array([60, 50, 40, 60], np.int64)
    assert screen(owed, asked, 100, np.array([1, 1, 1, 2])) == ["", REFUSED, "", ""]
    assert screen(owed, asked, 100) == ["", "", "", ""]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100), st.integers(0, 100)), max_size=12), st.integers(0, 300)
)
def test_nobody_ends_up_beyond_its_limit(orders: list[tuple[int, int, int]], limit: int) -> None:
    """Law: what a member owed and what it was granted never pass its limit, unless it owed more before."""
    owed_by = {member: owed for member, owed, _ in reversed(orders)}
    member = np.array([member for member, _, _ in orders], np.int64)
    owed = np.array([owed_by[member] for member, _, _ in orders], np.int64)
    asked = np.array([asked for _, _, asked in orders], np.int64)
    reasons = screen(owed, asked, limit, member)
    granted = np.array([not reason for reason in reasons], bool)
    for each, before in owed_by.items():
        total = before + int(asked[granted & (member == each)].sum())
        assert total <= max(limit, before)
