"""Scores that anybody can work out again: bounded, explained, never better for worse conduct; and their credit."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from identity.credit import CreditTerms
from identity.reputation import (
    NEW_PERMILLE,
    UNKNOWN_PERMILLE,
    WEIGHTS_PERMILLE,
    Conduct,
    limit_ujpy,
    limits_ujpy,
    score,
    told,
)

TERMS = CreditTerms(5_000_000_000, 50_000_000_000, 100_000_000_000)
conducts = st.builds(
    Conduct,
    owed_ujpy=st.integers(-10, 2 * TERMS.new_ujpy),
    contracted_wh=st.integers(1, 10_000),
    delivered_wh=st.integers(0, 12_000),
    slots=st.integers(1, 5_000),
    measured_slots=st.integers(0, 5_000),
    conflicts=st.integers(0, 30),
    disputes=st.integers(0, 6),
)
terms = st.lists(st.integers(0, 10**12), min_size=3, max_size=3).map(lambda three: CreditTerms(*sorted(three)))
spared = st.dictionaries(st.sampled_from(sorted(WEIGHTS_PERMILLE)), st.integers(0, 1000))
MORE = st.integers(0, 5_000)


@given(conducts, spared, terms)
def test_a_score_is_the_weighted_sum_of_its_parts(
    conduct: Conduct, spare: Mapping[str, int], of_pack: CreditTerms
) -> None:
    """Whole permille inside 0 to 1000, rounded down once, each part with its reason; credit bounded."""
    found = score(conduct, of_pack, spare)
    weighted = sum(WEIGHTS_PERMILLE[part.name] * part.permille for part in found.parts)
    assert 0 <= found.permille <= 1000
    assert found.permille == weighted // 1000
    assert sum(WEIGHTS_PERMILLE.values()) == 1000
    assert all(part.reason and 0 <= part.permille <= 1000 for part in found.parts)
    assert of_pack.least_ujpy <= limit_ujpy(found, of_pack) <= of_pack.most_ujpy


@given(conducts, spared, MORE, MORE, MORE, st.tuples(st.integers(0, 5), st.integers(0, 3)), terms)
def test_better_conduct_never_lowers_the_limit(
    conduct: Conduct,
    spare: Mapping[str, int],
    owed: int,
    undelivered: int,
    unmeasured: int,
    faults: tuple[int, int],
    of_pack: CreditTerms,
) -> None:
    """Less debt, more delivered, more measured, fewer contradictions and disputes: neither score nor credit falls."""
    worse = conduct._replace(
        owed_ujpy=conduct.owed_ujpy + owed * 10_000_000,
        delivered_wh=max(conduct.delivered_wh - undelivered, 0),
        measured_slots=max(conduct.measured_slots - unmeasured, 0),
        conflicts=conduct.conflicts + faults[0],
        disputes=conduct.disputes + faults[1],
    )
    before, after = score(conduct, of_pack, spare), score(worse, of_pack, spare)
    assert after.permille <= before.permille
    assert limit_ujpy(after, of_pack) <= limit_ujpy(before, of_pack)


@given(conducts, spared)
def test_what_is_contested_lifts_a_part_to_the_unknown_at_most(conduct: Conduct, spare: Mapping[str, int]) -> None:
    """Contesting never lowers a part, and makes nobody better than somebody of whom nothing is known."""
    plain, lifted = score(conduct, TERMS), score(conduct, TERMS, spare)
    for before, after in zip(plain.parts, lifted.parts, strict=True):
        most = max(before.permille, UNKNOWN_PERMILLE[before.name])
        assert after.permille == min(before.permille + spare.get(before.name, 0), most) or after == before


@given(terms, st.lists(st.integers(0, 1000), min_size=1))
def test_limits_rise_with_the_score_in_columns_as_one_by_one(of_pack: CreditTerms, permille: list[int]) -> None:
    """Worked out anew in whole fractions; sorted scores give sorted limits."""
    limits = limits_ujpy(np.array(sorted(permille), np.int64), of_pack).tolist()
    assert limits == sorted(limits)
    for each, limit in zip(sorted(permille), limits, strict=True):
        low, high = (of_pack.least_ujpy, of_pack.new_ujpy), (of_pack.new_ujpy, of_pack.most_ujpy)
        (start, end), at, of = (low, each, 700) if each <= 700 else (high, each - 700, 300)
        assert limit == start + (end - start) * at // of


def test_who_is_new_has_the_packs_credit_for_who_is_new() -> None:
    """Nothing sold and nothing read is no fault and no merit; owing nothing is known."""
    new = score(Conduct(), TERMS)
    assert {part.name: part.permille for part in new.parts} == UNKNOWN_PERMILLE
    assert new.permille == NEW_PERMILLE == 700
    assert limit_ujpy(new, TERMS) == TERMS.new_ujpy
    assert limit_ujpy(score(Conduct(0, 5, 5, 9, 9), TERMS), TERMS) == TERMS.most_ujpy


def test_what_is_told_names_limit_score_and_each_reason_that_counts() -> None:
    """A part without fault is not among the reasons."""
    found = told(score(Conduct(contracted_wh=4_000, delivered_wh=3_000, slots=2, measured_slots=2), TERMS), TERMS)
    assert found == {
        "credit_limit_ujpy": 83_333_333_333,
        "score_permille": 900,
        "score_because": "delivery 750: delivered 3000 Wh of 4000 that it sold",
    }
