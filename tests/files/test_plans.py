"""Plans as files: byte for byte as the golden folder has them, balanced, revised only when something changed."""

from datetime import date
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateways.files.plans import Group, demand_message, generation_message, table, write_plans
from services.grid.grid_plan import GridPlan, rounded_plan

GOLDEN = Path(__file__).parents[1] / "golden" / "plans"
GROUP = Group("12345", "23456", "34567")
DAY = date(2026, 5, 20)
AMOUNTS = st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=48, max_size=48)


def sample(extra_wh: int = 0) -> GridPlan:
    """A sunny day: demand all day, generation from 8 to 16, half of the smaller traded inside."""
    half_hour = np.arange(48)
    demand_wh = 20_000 + 400 * half_hour + extra_wh
    generation_wh = np.where((half_hour >= 16) & (half_hour < 32), 30_499, 0)
    return rounded_plan(DAY, demand_wh, generation_wh, np.minimum(demand_wh, generation_wh) // 2)


def read_back(message: bytes, path: str, name: str) -> list[int]:
    """Values by half hour, as somebody else's program reads them."""
    records = fromstring(message).findall(f"JPMGRP/JPTRM/{path}")
    assert [record.findtext("JP06219") for record in records] == [f"{code:02}" for code in range(1, 49)]
    return [int(record.findtext(name) or "") for record in records]


def test_the_files_are_the_golden_ones_byte_for_byte(tmp_path: Path) -> None:
    """The same plan gives the same bytes, under the same names."""
    written = write_plans(sample(), GROUP, tmp_path)
    assert {path.name: path.read_bytes() for path in written.paths} == {
        path.name: path.read_bytes() for path in GOLDEN.iterdir()
    }


def test_a_revision_is_written_only_when_the_plan_changed(tmp_path: Path) -> None:
    """The same plan again is no revision; a changed one is the next, and the first stays."""
    first = write_plans(sample(), GROUP, tmp_path)
    assert (first.revision, first.is_new) == (1, True)
    assert write_plans(sample(), GROUP, tmp_path) == (1, first.paths, False)
    assert write_plans(sample(5_000), GROUP, tmp_path)[:1] == (2,)
    assert len(list(tmp_path.iterdir())) == 6


@given(AMOUNTS)
def test_an_exported_plan_read_back_gives_the_same_numbers(amounts: list[tuple[int, int, int]]) -> None:
    """Every value of every half hour, and the message balances: demand and sale are supply."""
    demand_wh, generation_wh, share = np.array(amounts, np.int64).T
    plan = rounded_plan(DAY, demand_wh, generation_wh, np.minimum(share, np.minimum(demand_wh, generation_wh)))
    message, member = demand_message(plan, GROUP), "JPM00022/JPMR00022"
    demand = read_back(message, f"{member}/JPM00023/JPMR00023/JPM00024/JPMR00024", "JP06376")
    supply = f"{member}/JPM00027/JPMR00027"
    bought = f"{supply}/JPM00029/JPMR00029[JP06366='34567']/JPM00030/JPMR00030"
    sold = f"{member}/JPM00031/JPMR00031/JPM00033/JPMR00033[JP06366='34567']/JPM00034/JPMR00034"
    everything = read_back(message, f"{supply}/JPM00028/JPMR00028", "JP06369")
    assert demand == plan.demand_kwh.tolist()
    assert read_back(message, bought, "JP06369") == plan.from_grid_kwh.tolist()
    assert read_back(message, sold, "JP06319") == plan.to_grid_kwh.tolist()
    assert everything == (plan.demand_kwh + plan.to_grid_kwh).tolist()
    made = read_back(generation_message(plan, GROUP), "JPM00014/JPMR00014/JPM00015/JPMR00015", "JP06307")
    assert made == plan.generation_kwh.tolist()
    assert min(plan.from_grid_kwh.min(), plan.to_grid_kwh.min()) >= 0
    assert len(table(plan).splitlines()) == 49
