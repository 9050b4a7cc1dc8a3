"""The texts of the feeder's panel, in both languages."""

from review_ui.words import Words

FEEDER: dict[str, Words] = {
    "feeder": Words("配電線と地点ごとの価格", "The feeder"),
    "feeder_note": Words(
        "左端が上位系統との接続点。線の太さは、ご近所の取引が線の上限をどれだけ使ったか。丸の色はその地点の価格。",
        "The grid above is at the left. A line is as wide as neighbours' trades load it; a node has the colour of "
        "its price.",
    ),
    "pick": Words("コマを選ぶ", "Choose a slot"),
    "rent_of": Words("混雑収入 {amount}", "rent {amount}"),
    "full_of_exports": Words("送り出しで満杯", "full of exports"),
    "full_of_imports": Words("受け入れで満杯", "full of imports"),
    "flows": Words("流れあり", "carries trades"),
    "idle": Words("流れなし", "carries none"),
    "sold": Words("販売", "sold"),
    "bought": Words("購入", "bought"),
    "still": Words("取引なし", "neither"),
    "no_trade": Words(
        "このコマは取引がなく、価格はありません。", "Nothing was traded in this slot: there is no price."
    ),
    "node": Words("接続点", "Node"),
    "line": Words("線", "Line"),
    "times": Words("コマ数", "Slots"),
    "first": Words("最初", "First"),
    "last": Words("最後", "Last"),
    "direction": Words("向き", "Direction"),
    "limit": Words("上限", "Limit"),
    "rent": Words("収入", "Earned"),
    "why": Words("なぜか", "Why"),
    "bound": Words("満杯になった線", "Lines that were full"),
    "bound_note": Words(
        "収入は約定時のもの。実際の計量による額は指標「混雑収入」にあります。",
        "Earned at clearing; what metered energy made of it is the figure “congestion rent”.",
    ),
    "in_series": Words("価格を分けずに満杯だった線({count})", "Full without parting prices ({count})"),
    "why_exports": Words(
        "{branch}は送り出しで満杯です。その先では電気が余っているため、価格が低くなります。",
        "{branch} is full of exports: behind it energy is plenty, so the price there is lower.",
    ),
    "why_imports": Words(
        "{branch}は受け入れで満杯です。その先では電気が足りないため、価格が高くなります。",
        "{branch} is full of imports: behind it energy is short, so the price there is higher.",
    ),
    "why_same": Words(
        "{branch}は満杯ですが、価格は線の両側で同じでした。",
        "{branch} is full, and the price is the same on both sides of it.",
    ),
    "none_full": Words(
        "満杯になった線はなく、線が価格を分けることはありませんでした。"
        "最も混んだのは{label}の{branch}で、上限の{share}でした。",
        "No line was full, so none parted prices. The most loaded was {branch} at {label}, at {share} of its limit.",
    ),
    "nothing_flowed": Words(
        "満杯になった線はありません。取引の流れた線もありませんでした。",
        "No line was full, and no trade flowed over any.",
    ),
    "checked": Words("交流潮流の検査", "AC power flow check"),
    "checked_before": Words(
        "約定のたびに{slots}コマを検査し、違反は{count}件でした。",
        "Each clearing was checked before delivery: {slots} slots, violations: {count}.",
    ),
    "checked_metered": Words("計量された電力量での違反は{count}件でした。", "Violations on metered energy: {count}."),
    "nothing_cut": Words("減らした注文はありません。", "No order was cut."),
    "cut": Words("減らした注文とその理由", "What was cut, and why"),
    "violations": Words("約定時の違反", "Violations at clearing"),
    "worst": Words("計量値での最も大きな違反", "The worst on metered energy"),
    "not_checked": Words("系統の検査はしていません", "No grid check claimed"),
    "one_node": Words(
        "配電線の記述がなく、全員が1つの接続点にいます。満杯になる線はありません。",
        "Nobody described the wires: all sites stand at one node, and no line can be full.",
    ),
}
