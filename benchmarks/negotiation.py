"""How well, how fairly and how fast our agent negotiates, on random deals between a member with sun and a shop.

Draws deals of two issues (price and volume) and of five, all with money-valued gains; lets our agent meet itself,
honest time-dependent opponents, hard bargainers and, as the floor, puts a naive conceder in its place. Each draw is
played from both sides, each side opening once. Gains are shares of the most that a deal could be worth to both
together; no deal counts as zero. The page docs/negotiation.md defines every figure.
"""

import time
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.clearing import machine
from domain.order import Column, Side
from domain.tariff import PriceStack
from market.negotiation.agenda import Agenda, Issue, Offer
from market.negotiation.bargaining import Brief, DealMandate, brief
from market.negotiation.manner import GUARDED, Manner, timed
from market.negotiation.rehearsal import rehearse
from market.negotiation.valuation import Buyer, Seller, gains_ujpy

ROUNDS = 50
PRICE = Issue(8_500, 500, 54)
TWO = (PRICE, Issue(100, 100, 20), Issue(12), Issue(200), Issue(5_000))
FIVE = (Issue(8_500, 500, 54), Issue(250, 250, 8), Issue(6, 6, 4), Issue(0, 100, 4), Issue(0, 5_000, 4))
SLOTS_PER_MONTH = 300
MILLION = 1_000_000


HARD = {"boulware_5": timed(5), "boulware_10": timed(10), "boulware_50": timed(50)}
STUBBORN = {"holding_20": timed(5, 0, 200_000), "holding_40": timed(5, 0, 400_000)}
HONEST = {"boulware_2": timed(2), "linear": timed(), "conceder_2": timed(1, 1), "conceder_4": timed(1, 2)}
NAIVE = timed(1, 2)


class Draw(NamedTuple):
    """One random deal. gain_ujpy: the tables of buyer and seller, each shape (mixes, prices), uJPY."""

    agenda: Agenda
    gain_ujpy: tuple[Column, Column]


def draw(chance: np.random.Generator, issues: Any) -> Draw:
    """A buyer whose alternative is a tariff tier and a seller whose alternative is the buy-back or its own store."""

    def whole(low: int, high: int) -> int:
        return int(chance.integers(low, high))

    def energy_wh() -> tuple[int, Column]:
        middle, spread = whole(200, 2_500), whole(100, 600)
        return middle, np.array([[middle * (1_000 + part) // 1_000 for part in (-spread, 0, spread)]], np.int64)

    need, need_wh = energy_wh()
    surplus, surplus_wh = energy_wh()
    stack = PriceStack(whole(5_000, 9_000), 3_980, 0, 0, whole(0, 1_500), 40_000, 10_000)
    price = np.array([whole(26_000, 38_000)], np.int64)
    bound = [whole(0, 5) * MILLION * min(size, 2_000) // 1_000 for size in (need, surplus)]
    buyer = Buyer(need_wh, price, stack, whole(0, 150), whole(0, 300), bound[0])
    keeps = np.array([whole(7_500, 18_000)], np.int64)
    seller = Seller(surplus_wh, keeps, whole(200, 900), whole(0, 300), bound[1])
    agenda = Agenda("bench", "s", "b", issues, SLOTS_PER_MONTH, ROUNDS)
    return Draw(agenda, (gains_ujpy(agenda, buyer), gains_ujpy(agenda, seller)))


def has_zone(each: Draw) -> bool:
    """Is there an offer that both gain from?"""
    return bool(((each.gain_ujpy[0] > 0) & (each.gain_ujpy[1] > 0)).any())


def briefed(each: Draw, opener: Side, manners: tuple[Manner, Manner]) -> tuple[Brief, Brief]:
    """Buyer's and seller's brief, both with every issue open."""
    agenda = replace(each.agenda, opener=opener)
    low = Offer(*(issue.values[0] for issue in agenda.issues))
    high = Offer(*(issue.values[-1] for issue in agenda.issues))
    mandate = DealMandate(low, high)
    buyer, seller = (brief(agenda, side, mandate, each.gain_ujpy[side], manners[side]) for side in Side)
    return buyer, seller


class Score(NamedTuple):
    """Means. own, other: gains as shares of the most for both; gap: of what both could still have had."""

    agreed: float
    own: float
    other: float
    gap: float
    messages: float


def measure(draws: int = 60, draws_of_five: int = 8, seed: int = 5) -> dict[str, Any]:
    """Our figures on deals of two issues, with five beside them, and a naive conceder's in our place as the floor."""
    two, zone_share = drawn(draws, TWO, seed)
    five, _ = drawn(draws_of_five, FIVE, seed)
    score(two[:1], GUARDED, GUARDED)
    ours, naive = standing_of(two, GUARDED), standing_of(two, NAIVE)
    ours_of_five = standing_of(five, GUARDED)
    figures = {
        "per_cpu_s": rehearsals_per_cpu_s(two),
        "agreement_rate": ours["agreement_equal"],
        "agreement_rate_honest": ours["agreement_honest"],
        "pareto_gap_mean": ours["gap_equal"],
        "hard_bargainer_share": ours["share_hard"],
        "zone_share": zone_share,
        **{name: value for name, value in ours.items() if name.startswith(("share_boulware", "share_holding"))},
        **{f"five_{name}": value for name, value in ours_of_five.items()},
    }
    floor = {f"naive_conceder_{name}": value for name, value in naive.items()}
    return {"bench": "negotiation", "figures": figures, "floor": floor, "machine": machine()}


def drawn(count: int, issues: Any, seed: int) -> tuple[list[Draw], float]:
    """So many deals that have a zone of agreement, and the share of all draws that had one."""
    chance, tried = np.random.default_rng(seed), 0
    kept: list[Draw] = []
    while len(kept) < count:
        each, tried = draw(chance, issues), tried + 1
        if has_zone(each):
            kept.append(each)
    return kept, round(count / tried, 3)


def standing_of(draws: list[Draw], own: Manner) -> dict[str, float]:
    """How a manner does against itself, hard bargainers and honest opponents."""
    equal = score(draws, own, own)
    hard = {name: score(draws, own, other).own / equal.own for name, other in HARD.items()}
    stubborn = {name: score(draws, own, other).own / equal.own for name, other in STUBBORN.items()}
    honest = [score(draws, own, other) for other in HONEST.values()]
    found = {
        "agreement_equal": equal.agreed,
        "agreement_honest": float(np.mean([each.agreed for each in honest])),
        "gain_equal": equal.own,
        "gap_equal": equal.gap,
        "gap_honest": float(np.mean([each.gap for each in honest])),
        "share_hard": float(np.mean(list(hard.values()))),
        **{f"share_{name}": share for name, share in (hard | stubborn).items()},
    }
    return {name: round(value, 4) for name, value in found.items()}


def rehearsals_per_cpu_s(draws: list[Draw]) -> int:
    """Whole negotiations between two of ours, their briefs made beforehand."""
    pairs = [briefed(each, opener, (GUARDED, GUARDED)) for each in draws for opener in Side]
    started_s = time.process_time()
    for buyer, seller in pairs:
        rehearse(buyer, seller)
    return round(len(pairs) / (time.process_time() - started_s))


def score(draws: list[Draw], own: Manner, other: Manner) -> Score:
    """Means over all draws, both sides and both openers."""
    rows = []
    for each in draws:
        buyer, seller = each.gain_ujpy
        most = int((buyer + seller)[(buyer > 0) & (seller > 0)].max())
        for opener in Side:
            for side in Side:
                manners = (own, other) if side == Side.BUY else (other, own)
                done = rehearse(*briefed(each, opener, manners))
                if done.agreed is None:
                    rows.append((0.0, 0.0, 0.0, np.nan, done.messages))
                    continue
                at = each.agenda.place_of(done.agreed)
                gains = int(buyer[at]), int(seller[at])
                better = (buyer >= gains[0]) & (seller >= gains[1])
                gap = int((buyer + seller)[better].max()) - sum(gains)
                rows.append((1.0, gains[side] / most, gains[1 - side] / most, gap / most, done.messages))
    table = np.array(rows, float)
    return Score(*(float(np.nanmean(table[:, column])) for column in range(table.shape[1])))
