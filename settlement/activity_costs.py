"""What one unit of each activity costs, and what trading costs otherwise: assumptions, each with its grounds.

Nobody has published what a Japanese retailer spends to bring a contract between two homes about. So the baseline here
is an assumption and shows nothing; a market that measures its own names it (``gridpact costs --baseline``).
"""

from settlement.transaction_cost import Activity, Baseline, Range

ASSUMED = "assumed"

COSTS = {
    Activity.MACHINE: Range(3, 30, f"{ASSUMED}: a rented core at 10 to 100 yen an hour, 2.8 to 28 uJPY a ms"),
    Activity.GAS: Range(0, 2, f"{ASSUMED}: a chain of one's own costs its machine alone; another up to 2 uJPY a gas"),
    Activity.TEXTS: Range(50_000, 2_000_000, f"{ASSUMED}: some thousand tokens at list prices, 0.05 to 2 yen a text"),
    Activity.DECISIONS: Range(
        250_000_000, 2_000_000_000, f"{ASSUMED}: 3 to 12 minutes of an expert at 5,000 to 10,000 yen an hour"
    ),
    Activity.ACTS: Range(50_000_000, 250_000_000, f"{ASSUMED}: 2 to 5 minutes of a party, 1,500 to 3,000 yen an hour"),
}
BASELINE = Baseline(1_000, 3_000, 0, f"{ASSUMED}: what a retailer plans, bills and serves for, 1 to 3 yen a kWh")
