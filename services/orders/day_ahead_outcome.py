"""What became of each day-ahead order, in words for its owner, English or Japanese.

Fixed sentences over the facts that the session wrote down: nothing is said that is not on record.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection

from domain.day_ahead_order import Kind
from memory.trading import day_ahead
from memory.trading.day_ahead import FiledRow, ResultRow
from services.orders.order_book import Desk

STANDS, WITHDRAWN = "stands", "withdrawn"
SAID: dict[str, dict[str, str]] = {
    "en": {
        STANDS: "The order stands until the book closes and the session is held.",
        WITHDRAWN: "The order was withdrawn.",
        "traded": "The order trades {energy_wh:,} Wh in {count} slots at {price} JPY/kWh on average: {runs}.",
        "out_of_money": "The session's prices were no better than the limit of {limit} JPY/kWh: nothing traded.",
        "paradoxical": "At the session's prices the order would have gained, but with it the prices would have made "
        "somebody else lose: an order that is all or nothing is then left out. Smaller energies, or a least part, make "
        "this less likely.",
        "parent_rejected": "The block that it leans on was not accepted, so neither was this one.",
        "group_taken": "Another block of its exclusive group was accepted.",
        "full_branch": "At {slot} {branch} would have carried {flow_wh:,} Wh and can carry {branch_limit_wh:,} Wh: of "
        "the orders that load it this one came last and left the session. It may trade in the slot's own call.",
        "no_longer_admitted": "When the book closed the rules admitted it no more: {because}",
        "missed": "The day's session was not held: the slots trade on their own.",
        "average": " On average the prices of its slots were {price} JPY/kWh, its limit was {limit} JPY/kWh.",
    },
    "ja": {
        STANDS: "注文は有効です。板が閉じた後、前日市場で約定処理されます。",
        WITHDRAWN: "注文は取り消されました。",
        "traded": "注文は{count}コマで計{energy_wh:,} Wh、平均{price}円/kWhで約定しました: {runs}。",
        "out_of_money": "前日市場の価格が指値{limit}円/kWhより有利にならなかったため、約定しませんでした。",
        "paradoxical": "前日市場の価格ではこの注文に利益がありましたが、受け入れると価格が動き、他の参加者が損をします"
        "。"
        "全量か無しかの注文はその場合除かれます。電力量を小さくするか、最小部分を認めると起こりにくくなります。",
        "parent_rejected": "親となるブロックが約定しなかったため、この注文も約定しませんでした。",
        "group_taken": "同じ排他グループの別のブロックが約定しました。",
        "full_branch": "{slot}に{branch}の潮流が{flow_wh:,} Whとなり、限度{branch_limit_wh:,} Whを超えるところでした。"
        "原因となる注文のうち最後に届いたこの注文が除かれました。当該コマの市場では取引できます。",
        "no_longer_admitted": "板が閉じた時点で規則に合わなくなっていました: {because}",
        "missed": "この日の前日市場は開かれませんでした。各コマの市場で取引されます。",
        "average": "対象コマの平均価格は{price}円/kWh、指値は{limit}円/kWhでした。",
    },
}


def outcomes(tx: Connection, desk: Desk, day: date, language: str) -> list[dict[str, Any]]:
    """Every order of a day by arrival: what was filed, what it trades, and why, in words."""
    ended = {row.id: row for row in day_ahead.results(tx, day, day)}
    return [_outcome(desk, row, ended.get(row.order.id), language) for row in day_ahead.of_day(tx, day)]


def _outcome(desk: Desk, row: FiledRow, result: ResultRow | None, language: str) -> dict[str, Any]:
    order = row.order
    state = WITHDRAWN if row.withdrawn_at else STANDS
    if result is not None:
        state = result.reason or "traded"
    traded = {} if result is None else result.traded_wh
    return {
        "id": order.id,
        "site": order.site_id,
        "kind": str(order.kind),
        "side": order.side.name.lower(),
        "limit_mjpy_per_kwh": order.limit_mjpy_per_kwh,
        "state": state,
        "traded_wh": {desk.time.label(slot): wh for slot, wh in traded.items()},
        "words": _words(desk, row, result, state, SAID[language]),
    }


def _words(desk: Desk, row: FiledRow, result: ResultRow | None, state: str, said: dict[str, str]) -> str:
    facts: dict[str, Any] = {} if result is None else dict(result.facts)
    facts["limit"] = _jpy(row.order.limit_mjpy_per_kwh)
    price = facts.pop("price_mjpy_per_kwh", None)
    if price is not None:
        facts["price"] = _jpy(price)
    if "slot" in facts:
        facts["slot"] = desk.time.label(facts["slot"])
    if result is not None and result.traded_wh:
        by_time = (
            f"{desk.time.slot(slot).local_start(desk.time.zone):%H:%M} {wh:,} Wh"
            for slot, wh in result.traded_wh.items()
        )
        energy_wh = sum(result.traded_wh.values())
        facts |= {"energy_wh": energy_wh, "count": len(result.traded_wh), "runs": ", ".join(by_time)}
    tells_average = state in ("paradoxical", "out_of_money") and price is not None and row.order.kind is not Kind.RUN
    return (said[state] + (said["average"] if tells_average else "")).format(**facts)


def _jpy(mjpy: int) -> str:
    return f"{mjpy // 1000}.{mjpy % 1000:03}"
