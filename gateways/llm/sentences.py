"""Why a price came about, in fixed sentences: each stands when all the facts it names are known.

The facts are those of ``services.telling.explaining``; a sentence names them as a reader sees them, without their unit.
"""

from string import Formatter
from typing import Any, NamedTuple

from gateways.llm.facts import readable


class Sentence(NamedTuple):
    """One sentence in both languages. ``when``: facts that must be known though the sentence does not show them."""

    ja: str
    en: str
    when: tuple[str, ...] = ()

    def needs(self) -> frozenset[str]:
        """Every fact without which the sentence cannot stand."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.en) if name) | frozenset(self.when)


SENTENCES = (
    Sentence(
        "{slot}のコマに、{site}の注文はありませんでした。", "For {slot}, site {site} had no order.", ("no_order",)
    ),
    Sentence(
        "{slot}のコマに、{site}は{bid}まで、{bid_limit}以下での買い注文を出しました。",
        "For {slot}, site {site} bid for up to {bid} at {bid_limit} at most.",
    ),
    Sentence(
        "{slot}のコマに、{site}の蓄電池は{battery_bid}まで、{battery_bid_limit}以下での買い注文を出しました。",
        "For {slot}, the battery of site {site} bid for up to {battery_bid} at {battery_bid_limit} at most.",
    ),
    Sentence(
        "{slot}のコマに、{site}は{ask}まで、{ask_limit}以上での売り注文を出しました。",
        "For {slot}, site {site} offered up to {ask} at {ask_limit} or more.",
    ),
    Sentence(
        "{slot}のコマに、{site}の蓄電池は{battery_ask}まで、{battery_ask_limit}以上での売り注文を出しました。",
        "For {slot}, the battery of site {site} offered up to {battery_ask} at {battery_ask_limit} or more.",
    ),
    Sentence(
        "{slot}のコマの{site}の注文は受け付けられませんでした({refused})。",
        "For {slot}, an order of site {site} was refused: {refused}.",
    ),
    Sentence(
        "与信枠は{credit_limit}、評点は{score}です({score_because})。",
        "The credit limit is {credit_limit} at a score of {score}: {score_because}.",
    ),
    Sentence(
        "{overload_at}が定格の{cut_at}に達する見込みだったため、蓄電池の注文は{cut_from}から{cut_to}に減らされました。",
        "The battery's order was cut from {cut_from} to {cut_to}: {overload_at} would have run at {cut_at} of its "
        "rating.",
    ),
    Sentence(
        "{low_voltage_at}の電圧が{cut_at}に下がる見込みだったため、蓄電池の注文は{cut_from}から{cut_to}に減らされました。",
        "The battery's order was cut from {cut_from} to {cut_to}: the voltage at {low_voltage_at} would have fallen to "
        "{cut_at}.",
    ),
    Sentence(
        "{high_voltage_at}の電圧が{cut_at}に上がる見込みだったため、蓄電池の注文は{cut_from}から{cut_to}に減らされました。",
        "The battery's order was cut from {cut_from} to {cut_to}: the voltage at {high_voltage_at} would have risen to "
        "{cut_at}.",
    ),
    Sentence(
        "系統からの信号{grid_order_by}により、{site}の注文は{grid_order_from}から{grid_order_to}に減らされました"
        "({grid_order_because})。",
        "On grid signal {grid_order_by} the order of site {site} was cut from {grid_order_from} to {grid_order_to}: "
        "{grid_order_because}.",
    ),
    Sentence(
        "系統からの信号{grid_branch_by}により、{grid_branch}で取引に使えるのは{grid_branch_limit}まででした"
        "({grid_branch_because})。",
        "On grid signal {grid_branch_by} trades could use {grid_branch_limit} of {grid_branch}: {grid_branch_because}.",
    ),
    Sentence(
        "系統からの信号{grid_move_by}により、蓄電池への指令は{grid_move_from}から{grid_move_to}に減らされました"
        "({grid_move_because})。",
        "On grid signal {grid_move_by} the battery was told {grid_move_to} instead of {grid_move_from}: "
        "{grid_move_because}.",
    ),
    Sentence(
        "{site}の本人の買い注文{own_bid}が板寄せに入りました。",
        "What site {site} itself still bid for, {own_bid}, took part in the call.",
    ),
    Sentence(
        "{site}の本人の売り注文{own_ask}が板寄せに入りました。",
        "What site {site} itself still offered, {own_ask}, took part in the call.",
    ),
    Sentence(
        "{site}は板寄せの前に、{early_price}で{early_sold}を売っていました。",
        "Before the call, site {site} had sold {early_sold} at {early_price}.",
    ),
    Sentence(
        "{site}は板寄せの前に、{early_price_low}から{early_price_high}までの価格で{early_sold}を売っていました。",
        "Before the call, site {site} had sold {early_sold} at {early_price_low} to {early_price_high}.",
    ),
    Sentence(
        "{site}は板寄せの前に、{early_price}で{early_bought}を買っていました。",
        "Before the call, site {site} had bought {early_bought} at {early_price}.",
    ),
    Sentence(
        "{site}は板寄せの前に、{early_price_low}から{early_price_high}までの価格で{early_bought}を買っていました。",
        "Before the call, site {site} had bought {early_bought} at {early_price_low} to {early_price_high}.",
    ),
    Sentence(
        "このコマの取引は{stopped_at}の段階で止まりました: {stopped_because}",
        "Trading of this slot was stopped at {stopped_at}: {stopped_because}",
    ),
    Sentence(
        "このコマでは、買い{unmatched_wanted}と売り{unmatched_offered}の希望価格が折り合わず、取引がありませんでした。",
        "Nobody traded in this slot: {unmatched_wanted} was wanted, {unmatched_offered} offered, at no common price.",
    ),
    Sentence(
        "板寄せでのこの地点の価格は{price}です。価格の回廊({corridor_floor}から{corridor_cap}まで)の中にあります。",
        "The call has one price at this point of the feeder, {price}, inside the corridor from {corridor_floor} to "
        "{corridor_cap}.",
    ),
    Sentence(
        "{price_low}から{price_high}までのどの価格でも需給が合うため、その中央をとりました(端数は切り捨て)。",
        "Every price from {price_low} to {price_high} clears the market; the middle was taken, rounded down.",
    ),
    Sentence(
        "{full_of_imports}が上限の{full_at}まで埋まり、その先では買い手が多いため、価格が高くなります。",
        "{full_of_imports} is full at {full_at}: behind it energy is short, so the price there is higher.",
    ),
    Sentence(
        "{full_of_exports}が上限の{full_at}まで埋まり、その先では売り手が多いため、価格が低くなります。",
        "{full_of_exports} is full at {full_at}: behind it energy is plenty, so the price there is lower.",
    ),
    Sentence(
        "{full_elsewhere}が上限まで埋まっているため、その先では価格が異なります。",
        "{full_elsewhere} is full: behind it the price is another.",
    ),
    Sentence(
        "{full_at_one_price}は上限まで埋まっていますが、価格は線の両側で同じです。",
        "{full_at_one_price} is full, and yet the price is the same on both sides of it.",
    ),
    Sentence("需給が合う価格は{only_price}だけでした。", "Only {only_price} clears the market.", ("price",)),
    Sentence(
        "{seller_needed}より安ければ、必要だった売り手のうち最も高い人は売りません。",
        "Below {seller_needed} the dearest seller who was needed would not sell.",
    ),
    Sentence(
        "{buyer_left_out}より安ければ、買えなかった買い手も買おうとします。",
        "Below {buyer_left_out} a buyer who is left wanting would buy too.",
    ),
    Sentence(
        "{buyer_served}より高ければ、買えた買い手のうち最も低い希望の人は買いません。",
        "Above {buyer_served} the last buyer who was served would not buy.",
    ),
    Sentence(
        "{seller_left_out}より高ければ、売れ残った売り手も売ろうとします。",
        "Above {seller_left_out} a seller who is left with energy would sell too.",
    ),
    Sentence(
        "{site}自身の注文(限度{own_at_margin})が、この境目にあります。",
        "An order of site {site} itself, with the limit {own_at_margin}, stands at this margin.",
    ),
    Sentence(
        "希望価格が約定価格より低いため、買えませんでした。",
        "Bidding below the price, it found no seller.",
        ("bids_below_price",),
    ),
    Sentence(
        "希望価格が約定価格より高いため、売れませんでした。",
        "Asking above the price, it found no buyer.",
        ("asks_above_price",),
    ),
    Sentence(
        "同じ価格の注文が先に入っていたため、取引できませんでした。",
        "Orders at the same limit had come first, so it did not trade.",
        ("others_came_first",),
    ),
    Sentence(
        "買い手が払うのは1kWhあたり{delivered}です"
        "(約定価格に損失{losses}、託送{wheeling}、再エネ賦課金{levy}、調整費{adders}、手数料{fee}を加えたもの)。"
        "電力会社の限界料金は{utility}です。",
        "With losses ({losses}), wheeling ({wheeling}), levy ({levy}), adders ({adders}) and fee ({fee}) a buyer pays "
        "{delivered}; the utility's marginal price for this site is {utility}.",
    ),
    Sentence("電力会社の買取価格は{buyback}です。", "The utility's buy-back would pay {buyback}.", ("price",)),
    Sentence(
        "専門家か規則が認めなかったため、{withheld}は契約になりませんでした。",
        "{withheld} of it became no contract: rules or people said no.",
    ),
    Sentence(
        "契約は{contracted_buy}、メーターの受電は{imported}。うち{bought}はご近所から、{from_utility}は電力会社からです。",
        "It had contracted {contracted_buy}; its meter took {imported}: {bought} from neighbours, {from_utility} from "
        "the utility.",
    ),
    Sentence(
        "契約は{contracted_sell}、メーターの送電は{exported}。うち{sold}はご近所へ、{to_utility}は電力会社へです。",
        "It had contracted {contracted_sell}; its meter gave {exported}: {sold} to neighbours, {to_utility} to the "
        "utility.",
    ),
    Sentence(
        "{wish_partner}は、{site}が希望した相手{wished_site}からです。",
        "{wish_partner} came from {wished_site}, whom site {site} would rather buy from.",
    ),
    Sentence(
        "{wish_source}は、{site}が希望した電源からです。",
        "{wish_source} came from the source that site {site} wishes for.",
    ),
    Sentence(
        "{wish_local}は、{site}の希望どおり同じ地点のご近所からです。",
        "{wish_local} came from its own transformer, which site {site} puts first.",
    ),
    Sentence(
        "希望をかなえる上乗せとして、契約量で{premium_paid}を売り手に払います。",
        "For that wish it pays the seller {premium_paid} on top of the price, on all that it contracted.",
    ),
    Sentence(
        "{wished_partner}は、{site}から買いたいと希望した買い手へです。",
        "{wished_partner} went to buyers who would rather buy from site {site}.",
    ),
    Sentence(
        "{wished_source}は、この電源を希望した買い手へです。", "{wished_source} went to buyers who wish for its source."
    ),
    Sentence(
        "{wished_local}は、同じ地点を優先する買い手へです。",
        "{wished_local} went to buyers who put their own transformer first.",
    ),
    Sentence(
        "その希望への上乗せとして、契約量で{premium_received}を受け取ります。",
        "For those wishes it gets {premium_received} on top of the price, on all that it contracted.",
    ),
    Sentence(
        "電気自動車は{vehicle_departs}の出発までにあと{vehicle_lacks}が必要で、このコマでは{vehicle_told}の充電を指示しました。",
        "Its vehicle lacked {vehicle_lacks} until it departs at {vehicle_departs} and was told to take {vehicle_told} "
        "in this slot.",
    ),
    Sentence(
        "電気自動車は{vehicle_departs}の出発までにあと{vehicle_lacks}が必要ですが、このコマでは待つよう指示しました。",
        "Its vehicle lacked {vehicle_lacks} until it departs at {vehicle_departs} and was told to wait in this slot.",
        ("vehicle_waits",),
    ),
    Sentence(
        "電気自動車は、{vehicle_departs}の出発に必要な量をすでに蓄えています。",
        "Its vehicle held already what is asked for {vehicle_departs}.",
        ("vehicle_ready",),
    ),
    Sentence(
        "電気自動車には、このコマで家に{vehicle_gives}まで送り、{vehicle_departs}の出発までに充電し直すよう指示しました。",
        "Its vehicle was told to give its home up to {vehicle_gives} in this slot and to be ready again at "
        "{vehicle_departs}.",
    ),
    Sentence(
        "見込み単価はこのコマが{vehicle_now}、出発まで家にいる間が{vehicle_low}から{vehicle_high}でした。",
        "A kWh for it was expected to cost {vehicle_now} now, and {vehicle_low} to {vehicle_high} while it is home "
        "until then.",
    ),
    Sentence(
        "全出力で充電しても出発までに{vehicle_short}足りない見込みのため、価格にかかわらず充電します。",
        "Even at full power it will lack {vehicle_short} at departure, so it charges whatever that costs.",
    ),
    Sentence("電気自動車の充電は、計量で{vehicle_took}でした。", "By its meter the vehicle took {vehicle_took}."),
    Sentence(
        "電気自動車から家への供給は、計量で{vehicle_gave}でした。",
        "By its meter the vehicle gave its home {vehicle_gave}.",
    ),
    Sentence(
        "電気自動車には何も指示せず、いつもどおり{vehicle_by_habit}を充電しました。",
        "Nobody told its vehicle anything: it took {vehicle_by_habit}, as it does by habit.",
    ),
    Sentence("このコマはまだ精算されていません。", "The slot is not settled yet.", ("unsettled",)),
    Sentence(
        "このコマでは、電力会社だけの場合より{saved}得になりました(日末の共有金の分配の前)。",
        "In this slot that is {saved} better than with the utility alone, before the pool is shared at the day's end.",
    ),
    Sentence(
        "このコマでは、電力会社だけの場合より{lost}損になりました(日末の共有金の分配の前)。",
        "In this slot that is {lost} worse than with the utility alone, before the pool is shared at the day's end.",
    ),
)

REFUSALS = {
    "no_energy": ("電力量がありません", "it has no energy"),
    "paused": ("委任が休止中です", "the mandate is paused"),
    "above_order_max": ("委任の電力量の上限を超えます", "more energy than the mandate allows"),
    "outside_corridor": ("価格が回廊の外です", "its price lies outside the corridor"),
    "below_sell_min": ("委任の最低売価を下回ります", "below the least price of the mandate"),
    "above_buy_max": ("委任の最高買価を上回ります", "above the highest price of the mandate"),
    "own_other_side": ("同じコマで反対側の注文があります", "the site stands on the other side already"),
    "above_grid_limit": ("系統運用者の制限を超えます", "more than the grid operator leaves the site"),
    "mandate_expired": ("委任の期限が過ぎています", "the mandate does not reach to this day"),
    "above_day_spend": ("委任の一日の支払上限を超えます", "more money than the mandate allows on this day"),
    "above_day_energy": ("委任の一日の電力量の上限を超えます", "more energy than the mandate allows on this day"),
    "credit_exceeded": ("与信枠を超えます", "more than the credit covers"),
}


def sentences(facts: dict[str, Any], language: str) -> list[str]:
    """The sentences whose facts are known, in order; amounts are written as exactly as they are held."""
    shown = {name: _said(name, value, language) for name, value in readable(facts).items()}
    known = [sentence for sentence in SENTENCES if sentence.needs() <= shown.keys()]
    return [{"ja": each.ja, "en": each.en}[language].format_map(shown) for each in known]


def _said(name: str, value: Any, language: str) -> str:
    """A fact in the reader's language: yen by their sign, a refusal by its meaning."""
    if name == "refused" and value in REFUSALS:
        return REFUSALS[value][("ja", "en").index(language)]
    return str(value).replace(" JPY", "円") if language == "ja" else str(value)
