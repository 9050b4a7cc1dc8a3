"""Where a neighbourhood price may lie, from the rule pack.

No seller gets less than the utility's buy-back and no buyer pays more than the utility's marginal price: between the
two lies the corridor (its cap is what is left of the utility's price after wheeling, levy and adders, over losses and
fee). Wheeling and levy apply in full to neighbours at low voltage; a discount for nearness is a field of the pack, zero
in Japan today.

Prices in whole mJPY/kWh with tax. Every component is rounded half up on its own.
"""

from datetime import date

from domain.errors import RuleBroken
from domain.quantity import PPM
from domain.tariff import Corridor, PriceStack, RetailTariff
from policies.pack import RulePack

CREDIT_KEYS = ("credit_least", "credit_new", "credit_most")
TIERS = ("tier1", "tier2", "tier3")
COMMON_KEYS = (
    "levy",
    "consumption_tax",
    "near_field_discount",
    "capacity",
    "imbalance_reserve",
    "service",
    "platform_fee",
    "storage_access",
    "reference_price_floor",
    *CREDIT_KEYS,
)
AREA_KEYS = ("wheeling", "loss", "buyback", "fuel_adjustment", *TIERS, "tier1_upto", "tier2_upto")


def trading_keys(area: str) -> list[str]:
    """Every rule value that a trade and its bill rest on in an area."""
    return [*(f"{area}.{key}" for key in AREA_KEYS), *COMMON_KEYS]


def price_stack(pack: RulePack, area: str, on: date) -> PriceStack:
    """The layers between seller and buyer on a day. Raises RuleValueUnusable naming the value."""
    tax_ppm = pack.value("consumption_tax", on)
    near_ppm = PPM - pack.value("near_field_discount", on)
    return PriceStack(
        wheeling=_share_of(pack.value(f"{area}.wheeling", on), near_ppm),
        levy=pack.value("levy", on),
        capacity=_share_of(pack.value("capacity", on), PPM + tax_ppm),
        imbalance=_share_of(pack.value("imbalance_reserve", on), PPM + tax_ppm),
        service=_share_of(pack.value("service", on), PPM + tax_ppm),
        loss_ppm=pack.value(f"{area}.loss", on),
        fee_ppm=_share_of(pack.value("platform_fee", on), PPM + tax_ppm),
    )


def retail_tariff(pack: RulePack, area: str, on: date) -> RetailTariff:
    """The utility's three-tier tariff, all in (energy, fuel adjustment, levy), and its buy-back of surplus.

    Raises RuleValueUnusable naming the value.
    """
    bounds = [pack.value(f"{area}.{tier}_upto", on) // 1_000 for tier in TIERS[:-1]]
    on_top = pack.value(f"{area}.fuel_adjustment", on) + pack.value("levy", on)
    prices = [pack.value(f"{area}.{tier}", on) + on_top for tier in TIERS]
    return RetailTariff(tuple(zip([*bounds, None], prices, strict=True)), pack.value(f"{area}.buyback", on))


def corridor(stack: PriceStack, tariff: RetailTariff) -> Corridor:
    """From the utility's buy-back to the price at which a buyer of the highest tier gains nothing.

    Each buyer's own cap follows from its own tier (``stack.cap``). Raises RuleBroken when no price serves both sides.
    """
    cap = stack.cap(max(price for _, price in tariff.tiers))
    if cap < tariff.buyback:
        raise RuleBroken(f"no price serves both sides: buyers gain up to {cap}, sellers from {tariff.buyback} mJPY/kWh")
    return Corridor(tariff.buyback, cap)


def reference_price(
    pack: RulePack, on: date, corridor: Corridor, wholesale_mjpy_per_kwh: int, own_median_mjpy_per_kwh: int | None
) -> int:
    """What a price is compared with (trigger E05): midway between wholesale with tax and the neighbourhood's own median
    of the last week for this slot, kept at or above the pack's least reference and inside the corridor.

    Without a median of its own the neighbourhood starts from the middle of the corridor. mJPY/kWh, rounded down.
    """
    wholesale = _share_of(wholesale_mjpy_per_kwh, PPM + pack.value("consumption_tax", on))
    own = (corridor.floor + corridor.cap) // 2 if own_median_mjpy_per_kwh is None else own_median_mjpy_per_kwh
    reference = max((wholesale + own) // 2, pack.value("reference_price_floor", on))
    return min(max(reference, corridor.floor), corridor.cap)


def _share_of(amount: int, share_ppm: int) -> int:
    """amount x share, half up."""
    return (2 * amount * share_ppm + PPM) // (2 * PPM)
