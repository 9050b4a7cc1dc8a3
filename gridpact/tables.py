"""The figures of a run as a table for people."""

from typing import Any

SHARE, YEN, KWH, SECONDS, COUNT, RATIO, UJPY, KG = "share", "yen", "kwh", "s", "count", "ratio", "ujpy", "kg"
ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "matching_success",
        SHARE,
        "energy settled between neighbours over what a hindsight optimum matches at the meters",
    ),
    (
        "matching_success_contracts",
        SHARE,
        "of this, by contracts before delivery; the rest met in the pool after it",
    ),
    ("matched_over_offered", SHARE, "energy matched over energy offered"),
    ("continuous_trades", COUNT, "trades of members' own orders before the calls"),
    ("continuous_kwh", KWH, "energy of these trades"),
    ("welfare_ratio", SHARE, "welfare against the linear program on the same orders"),
    ("settlement_completion", SHARE, "recorded contracts of the traded slots that are settled"),
    ("contract_automation", SHARE, "standard contracts concluded without people"),
    ("contract_automation_all", SHARE, "all contracts concluded without people"),
    ("settlement_automation", SHARE, "slots settled without people"),
    ("contracts", COUNT, "contracts drafted"),
    ("escalated", COUNT, "cases for people, planted ones included"),
    ("escalated_planted", COUNT, "of these planted for the demonstration, labelled as such"),
    ("escalated_natural", COUNT, "of these arisen by themselves"),
    ("self_sufficiency", SHARE, "use not imported over the feeder (physical)"),
    ("self_sufficiency_without_trade", SHARE, "the same without trading"),
    ("self_consumption", SHARE, "generation used in the neighbourhood (physical)"),
    ("stored_end_kwh", KWH, "what all batteries and vehicles hold at the end"),
    (
        "stored_end_kwh_without_trade",
        KWH,
        "the same without trading: what was sold from stores or waits to be charged is missing",
    ),
    ("vehicles", COUNT, "electric vehicles at home chargers"),
    ("departures", COUNT, "how often they left"),
    ("departures_met", COUNT, "of these with the content that was asked for"),
    ("shifted_kwh", KWH, "charged at another time than from arrival on, which is the habit"),
    ("feeder_import_kwh", KWH, "energy imported over the feeder"),
    ("co2_kg", KG, "CO2 of that import, at an assumed grid average"),
    ("lines_full", COUNT, "branch-slots in which the trades filled a branch to its limit"),
    ("congestion_jpy", YEN, "what full lines earned by parting prices, on metered energy"),
    ("wishes", COUNT, "bids that bought and had a wish (made up in the demonstration)"),
    ("wishes_met", COUNT, "of these brought to a seller they wished for"),
    ("premium_jpy", YEN, "premiums paid for wishes, buyer to seller, on metered energy"),
    ("grid_violations", COUNT, "AC power flow of the metered energy: overloads and voltages out of band"),
    ("saving_jpy_total", YEN, "members' saving against the utility, same battery and end charge, own tier"),
    ("saving_jpy_worst", YEN, "the worst-off member's saving"),
    ("saving_gini", RATIO, "Gini index of these savings: 0 when all members save alike"),
    ("saving_jain", RATIO, "Jain's index of the same: 1 when all members save alike"),
    ("worse_off", COUNT, "members worse off than without trading, pool's result shared"),
    ("worse_off_before_sharing", COUNT, "the same before the pool's result is shared"),
    ("pool_jpy", YEN, "the pool's result, shared among members"),
    (
        "forecast_pinball_ratio",
        RATIO,
        "forecast loss over the baseline's (14 days, 3 slots), distinct profiles",
    ),
    ("surveillance_findings", COUNT, "patterns that surveillance found; gridpact alarms lists them"),
    ("matching_s_max", SECONDS, "matching, worst slot, commits apart"),
    ("contract_s_max", SECONDS, "contracts, worst slot, commits apart"),
    ("settlement_s_max", SECONDS, "settlement, worst slot, commits apart"),
    ("ledger_sum_ujpy", UJPY, "sum over all accounts, micro-yen"),
    ("chain_records", COUNT, "records on the chain"),
    ("chain_records_verified", COUNT, "of these verified against the chain"),
)

UNKNOWN = {"grid_violations": "not checked"}
"""What stands where a figure has no value, when it is not for want of a closed day."""


def print_results(document: dict[str, Any]) -> None:
    """The KPI table, the seconds per stage and what must be said beside them."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    slots, sites = document["slots"], document["sites"]
    table = Table(title=f"{document['first_day']}: {sites} sites, {slots} slots, seed {document['seed']}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("what it is")
    for name, unit, meaning in ROWS:
        value = document["kpi"][name]
        table.add_row(name, UNKNOWN.get(name, "day not closed") if value is None else _said(value, unit), meaning)
    console.print(table)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in document["stages_s"].items())
    console.print(f"seconds per stage: {stages}; wall {document['wall_s']:.1f}", highlight=False)
    _print_gains(console, document["who_gains_jpy"])
    _print_memory(console, document["memory"])
    console.print(f"metered energy on the feeder: {document['grid_check']['said']}", highlight=False)
    for slot, found in document["stopped"].items():
        console.print(f"slot {slot} was stopped at {found['stopped_at']}: {found['reason']}", highlight=False)
    for slot, found in document["waiting"].items():
        console.print(f"slot {slot} waits at {found['waits_at']}: {found['reason']}", highlight=False)
    for key, found in document["owed"].items():
        console.print(f"{key} is {found['state']}: {found['error']}", highlight=False)
    console.print(
        f"{document['label'].get('en', '')} Experts are {document['experts']}. "
        "Wholesale and imbalance prices are simulated."
    )
    console.print(document["attribution"], highlight=False)


def _print_gains(console: Any, gains: dict[str, float]) -> None:
    """Members, pool, retailer and platform together gain what the outside receives less."""
    gains = dict(gains)
    inside = {name: gains.pop(name, 0.0) for name in ("members", "pool", "retailer", "platform")}
    said = ", ".join(f"{name} {jpy:+,.2f}" for name, jpy in inside.items())
    outside = ", ".join(f"{name} {jpy:+,.2f}" for name, jpy in gains.items())
    console.print(
        f"against the same homes without trade, JPY: {said} = {sum(inside.values()):+,.2f}, the community's physical "
        f"saving; {outside}",
        highlight=False,
    )


def _print_memory(console: Any, memory: dict[str, Any]) -> None:
    if not memory["on"]:
        console.print("memory is off: no past day changed an order")
    elif memory["slots_recalled"]:
        console.print(
            f"memory: in {memory['slots_recalled']} slots {memory['orders_changed']} of {memory['orders']} orders "
            f"differ from those without it (recalled: {', '.join(memory['days_recalled'])})",
            highlight=False,
        )
    else:
        console.print("memory is on, and had no past day to recall yet; --days 2 shows what it changes")


def _said(value: float, unit: str) -> str:
    match unit:
        case "share":
            return f"{100 * value:.2f} %"
        case "yen":
            return f"{value:,.2f} JPY"
        case "kwh":
            return f"{value:,.1f} kWh"
        case "kg":
            return f"{value:,.1f} kg"
        case "s":
            return f"{value:.3f} s"
        case "ratio":
            return f"{value:.3f}"
        case _:
            return f"{value:,}"
