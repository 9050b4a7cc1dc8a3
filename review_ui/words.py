"""The texts of the pages, each in both languages, so that neither can be forgotten."""

from typing import NamedTuple


class Words(NamedTuple):
    """One text in Japanese and in English."""

    ja: str
    en: str

    def say(self, language: str) -> str:
        """The text in ``ja`` or ``en``. Raises KeyError on another language."""
        return {"ja": self.ja, "en": self.en}[language]


DEMONSTRATION = Words(
    "デモンストレーション・請求には使えません",
    "Demonstration · not for billing",
)

PAGE: dict[str, Words] = {
    "title": Words("取引日レポート", "Trading day report"),
    "days": Words("{count}日間", "{count} days"),
    "headline": Words("ご近所どうしで {energy} を取引しました", "Neighbours traded {energy}"),
    "headline_none": Words("この日は取引がありませんでした", "Nothing was traded on this day"),
    "saved": Words("みんなの節約", "Saved together"),
    "sufficiency": Words("自給率", "Self-sufficiency"),
    "instead": Words("取引なし {share}", "{share} without trading"),
    "worst": Words("最も不利な参加者", "Worst-off participant"),
    "escalated": Words("専門家へ回付", "Escalated"),
    "sites": Words("地点", "Sites"),
    "slots": Words("コマ", "Slots"),
    "seed": Words("乱数の種", "Seed"),
    "area": Words("エリア", "Area"),
    "pack": Words("規則パック", "Rule pack"),
    "wall": Words("所要時間", "Wall time"),
    "flows": Words("電気の流れ", "Energy over the day"),
    "flows_note": Words(
        "棒は使われた電気がどこから来たか(1コマ30分あたり kWh)。軸より下は配電線の外へ出た電気。",
        "Bars: where the energy used came from, kWh per half hour. Below the axis: what left the feeder.",
    ),
    "own": Words("自宅の屋根と蓄電池", "Own roof and battery"),
    "traded": Words("ご近所との取引", "Traded with neighbours"),
    "shared": Words("地域内・取引外", "Shared, not traded"),
    "feeder_import": Words("配電線の外から", "Feeder import"),
    "feeder_export": Words("配電線の外へ", "Feeder export"),
    "load": Words("使用量", "Load"),
    "pv": Words("太陽光の発電", "Solar generation"),
    "prices": Words("価格の回廊", "Prices in the corridor"),
    "prices_note": Words(
        "売り手は買取価格より安くならず、買い手は電力会社の限界料金より高くなりません(円/kWh)。",
        "No seller below the utility's buy-back, no buyer above the utility's marginal price (JPY/kWh).",
    ),
    "price": Words("約定価格", "Neighbours' price"),
    "corridor": Words("回廊(下限–上限)", "Corridor, floor to cap"),
    "floor": Words("下限", "Floor"),
    "cap": Words("上限", "Cap"),
    "wholesale": Words("卸価格(想定)", "Wholesale (simulated)"),
    "wholesale_real": Words("卸価格", "Wholesale"),
    "savings": Words("誰がいくら節約したか", "Who saved what"),
    "savings_note": Words(
        "同じ蓄電池のまま電力会社だけを使った場合との差。1本が1地点、大きい順。",
        "Against the same site with the same battery on the utility alone. One bar a site, largest first.",
    ),
    "saving": Words("節約", "Saving"),
    "loss": Words("損", "Loss"),
    "median": Words("中央値 {amount}", "median {amount}"),
    "site": Words("地点", "Site"),
    "kind": Words("種類", "Kind"),
    "figures": Words("指標", "Key figures"),
    "figure": Words("指標", "Figure"),
    "value": Words("値", "Value"),
    "goal": Words("目標", "Goal"),
    "meaning": Words("定義", "Definition"),
    "met": Words("達成", "met"),
    "missed": Words("未達", "missed"),
    "contracts": Words("契約の行方", "What became of the contracts"),
    "drafted": Words("作成", "Drawn up"),
    "standard": Words("うち標準契約", "of these standard"),
    "automatic": Words("自動で成立", "Concluded automatically"),
    "escalated_natural": Words("回付(自然発生)", "Escalated, natural"),
    "escalated_planted": Words("回付(仕込み)", "Escalated, planted"),
    "blocked": Words("禁止", "Blocked"),
    "recorded": Words("チェーンに記録", "Recorded on the chain"),
    "settled": Words("精算済み", "Settled"),
    "cases": Words("専門家が判断した案件", "Cases that went to people"),
    "no_cases": Words(
        "回付された案件はありません。すべて規則どおり自動で処理されました。",
        "No case was escalated: every contract passed the rules by itself.",
    ),
    "case": Words("案件", "Case"),
    "reason": Words("理由", "Why"),
    "decided_by": Words("判断した人", "Decided by"),
    "verdict": Words("判定", "Verdict"),
    "planted": Words("仕込み", "planted"),
    "scripted": Words("台本", "scripted"),
    "open": Words("審査中", "open"),
    "approved": Words("承認", "approved"),
    "rejected": Words("却下", "rejected"),
    "expired": Words("期限切れ(却下扱い)", "expired (counts as rejected)"),
    "explained": Words("なぜこの価格か", "Why this price?"),
    "explained_note": Words(
        "最も多い購入と販売、最も利益の薄い取引の例。数字は記録と照合済み。他の取引は gridpact explain で見られます。",
        "The largest purchase, the largest sale and the one that gained least. Every number is on record; "
        "gridpact explain tells any other.",
    ),
    "written_by": Words("文: {author}", "words: {author}"),
    "memory": Words("学習の効果", "What memory changed"),
    "memory_note": Words(
        "同じ日を、覚えたことを使う場合と使わない場合で比べたもの。",
        "The same day with what was learnt and without it.",
    ),
    "with": Words("記憶あり", "Memory on"),
    "without": Words("記憶なし", "Memory off"),
    "stages": Words("工程ごとの秒数", "Seconds by stage"),
    "stage": Words("工程", "Stage"),
    "table": Words("表で見る", "Show as a table"),
    "slot": Words("コマ", "Slot"),
    "sources": Words("出典とことわり", "Sources and labels"),
    "not_closed": Words(
        "一日の最後のコマまで取引すると、ここに各地点の節約が出ます。この日はまだ締められていません。",
        "The day is not closed: what each site saved is known once its last slot is settled.",
    ),
    "no_slots": Words("表示するコマがありません。", "There are no slots to show."),
}
