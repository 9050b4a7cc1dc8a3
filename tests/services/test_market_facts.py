"""What the market knows of a contract beyond its terms: shares, open accounts, totals of the day."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.contract import ContractEvent, ContractState
from domain.grid_state import GridState
from memory.database import Database
from memory.trading import contract_sums, contracts
from memory.trading.contract_sums import Turnover
from memory.trading.contracts import ContractRow
from policies.facts import UNKNOWN
from services.cases.market_facts import MarketFacts
from settlement.ledger import Balance, member

YEN = 1_000_000
DEAL = {"price_layers_mjpy_per_kwh": {"delivered": 30_000}, "tenor_days": 300, "value_ujpy": 36_000 * YEN}


def made(digest: str, slot: int, seller: str, buyer: str, energy_wh: int, **terms: int) -> ContractRow:
    return ContractRow(digest, slot, digest, None, seller, buyer, energy_wh, 12_000, True, ContractState.DRAFTED, terms)


def deal(energy_wh: int) -> ContractRow:
    return ContractRow("d", 10, None, "p", "S1", "S2", energy_wh, 12_000, True, ContractState.DRAFTED, DEAL)


def facts(shares: dict[str, int] | None, *, small: bool = False, owed: int = 0) -> MarketFacts:
    today = {"S1": Turnover(900, 0, 9 * YEN), "S2": Turnover(0, 900, 9 * YEN)}
    return MarketFacts(shares, small, {member("S2"): Balance(debits_posted=owed)}, today, GridState.NORMAL)


def test_the_larger_side_s_share_counts_and_a_young_or_small_zone_has_none() -> None:
    """Where a share says nothing, nobody pretends to know one."""
    assert facts({"S1": 10, "S2": 30}).zone_share_ppm(deal(1)) == 30
    assert facts({}).zone_share_ppm(deal(1)) == 0
    assert facts(None).zone_share_ppm(deal(1)) == UNKNOWN
    assert facts({"S1": 10}, small=True).zone_share_ppm(deal(1)) == UNKNOWN


def test_a_stop_at_either_side_puts_the_contract_s_wires_out_of_order() -> None:
    """Whoever is not under the stop keeps the slot's own state."""
    for stopped, state in (("S1", GridState.EMERGENCY), ("S2", GridState.EMERGENCY), ("S3", GridState.NORMAL)):
        assert replace(facts({}), stopped=frozenset({stopped})).grid_state_of(deal(1)) is state


@given(st.integers(1, 10**8), st.integers(0, 10**12))
def test_a_deal_opens_a_billing_month_of_itself_on_top_of_what_is_owed(energy_wh: int, owed: int) -> None:
    """A tenth of three hundred days, all in, rounded up."""
    assert facts(None, owed=owed).exposure_ujpy(deal(energy_wh)) == owed + -(-energy_wh * 30_000 // 10)


def test_a_day_s_totals_hold_what_was_traded_and_a_day_of_the_deal() -> None:
    """A trade stands with both of its sites and counts once for the zone."""
    assert facts(None).account_day_ujpy(deal(1)) == 9 * YEN + 120 * YEN
    assert facts(None).zone_day_ujpy(deal(1)) == 9 * YEN + 120 * YEN


def test_turnover_counts_what_stands_by_site_and_day(database: Database) -> None:
    """Against sums in plain Python; what was blocked does not count, and days are whole spans."""
    rows = [
        made("a", 0, "S1", "S2", 100),
        made("b", 47, "S1", "S3", 200),
        made("c", 48, "S3", "S2", 300),
        made("d", 200, "S1", "S2", 400),
        made("e", 1, "S1", "S2", 5_000),
    ]
    with database.begin("rows") as tx:
        contracts.save(tx, rows)
        contracts.move(tx, ["e"], ContractEvent.BLOCK)
        found = contract_sums.by_site(tx, 0, 99)
        assert contract_sums.traded_days(tx, 48, 0, 99) == 2
        assert contract_sums.traded_days(tx, 48, 0, 300) == 3
    sold, bought = Counter({"S1": 300, "S3": 300}), Counter({"S2": 400, "S3": 200})
    assert found == {
        site: Turnover(sold[site], bought[site], (sold[site] + bought[site]) * 12_000) for site in ("S1", "S2", "S3")
    }
