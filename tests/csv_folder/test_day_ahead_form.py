"""The form in which members write tomorrow's orders: JSON and CSV say the same, faults say where."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.errors import InputRefused
from domain.order import Side
from gateways.day_ahead_form import read_file, read_orders
from policies.pack import load_pack
from policies.products import traded_product
from services.market_time import MarketTime

DAY = date(2026, 5, 22)
TIME = MarketTime(traded_product(load_pack("jp_demo")), ZoneInfo("Asia/Tokyo"))
CSV = """key,site,kind,side,limit_mjpy_per_kwh,slots,energy_wh,slot_wh_max,parent
sun,S1,block,sell,9500,12:00 12:30,400 300,,
more,S1,block,sell,9600,13:00,200,,sun
ev,S2,load,buy,14000,00:00 07:30,6000,1500,
"""
JSON = [
    {"key": "sun", "site": "S1", "kind": "block", "side": "sell", "limit_mjpy_per_kwh": 9500,
     "slots": ["12:00", "12:30"], "energy_wh": [400, 300]},
    {"key": "more", "site": "S1", "kind": "block", "side": "sell", "limit_mjpy_per_kwh": 9600,
     "slots": ["13:00"], "energy_wh": [200], "parent": "sun"},
    {"key": "ev", "site": "S2", "kind": "load", "side": "buy", "limit_mjpy_per_kwh": 14000,
     "slots": ["00:00", "07:30"], "energy_wh": [6000], "slot_wh_max": 1500},
]  # fmt: skip


def test_a_csv_table_and_a_json_list_say_the_same() -> None:
    """Both forms of one filing are one filing."""
    from_csv = read_orders(read_file(CSV, "orders.CSV"), DAY, TIME)
    assert from_csv == read_orders(read_file(json.dumps(JSON), "orders.json"), DAY, TIME)
    first = from_csv[2].slots[0]
    expected = DayAheadOrder("ev", "S2", Kind.LOAD, Side.BUY, 14_000, (first, first + 15), (6_000,), 1_500)
    assert from_csv[2] == expected


def test_a_cell_that_is_no_number_is_named() -> None:
    """Row and column, for every such cell, and a cell without a column too."""
    with pytest.raises(InputRefused) as refused:
        read_orders(read_file(CSV.replace("400 300", "0.4kWh 300").replace(",sun\n", ",sun,x\n"), "a.csv"), DAY, TIME)
    where = {fault.where for fault in refused.value.faults}
    assert where == {"orders[0].energy_wh.0", "orders[1].(a cell without a column)"}


def test_text_that_is_not_json_says_where_it_breaks() -> None:
    """The message has line and column."""
    with pytest.raises(InputRefused, match=r"orders.json: this is not JSON: .*line 1 column 2"):
        read_file("[", "orders.json")
