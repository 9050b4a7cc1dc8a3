"""The settlement of a slot in which the community was an island: nothing is bought, sold or paid outside.

Own deliveries and what meets in the pool settle at the slot's price between members, without the layers that the grid
and the utility take: no wheeling, levy, loss or fee. What is taken and fed in beside that meets at the emergency
tariff, both sides cut to the smaller in proportion: every Wh that somebody pays for, somebody is paid for. What is fed
in and nobody took is the island's losses. Whatever was reserved at the grid's prices is void.
"""

from collections.abc import Iterator

from domain.order import Column
from settlement.delivery import split_column
from settlement.difference import settle_differences
from settlement.ledger import CONGESTION, Transfer, TransferState, member, void
from settlement.slot import SlotAccount, reservations_of

ISLAND = "island"
"""The account through which members pay each other; a slot leaves nothing on it."""


def settle_island(account: SlotAccount) -> list[Transfer]:
    """Every transfer of the slot, none of zero, in order. The utility's buy-back is the emergency tariff."""
    delivery, price = account.delivery, account.price_mjpy_per_kwh
    taken_wh, fed_wh = beside(account)
    tariff = account.buyback_mjpy_per_kwh
    kinds = (
        ("island_purchase", True, delivery.bought_wh * price),
        ("island_sale", False, delivery.sold_wh * price),
        ("island_taken", True, taken_wh * tariff),
        ("island_fed", False, fed_wh * tariff),
    )
    ended = [void(each, each.id.removesuffix(":reserved")) for each in reservations_of(account)]
    differences = settle_differences(account.slot, account.site_ids, account.differences)
    moved = [each for kind, pays, amounts in kinds for each in _each(account, kind, amounts, pays=pays)]
    return [*ended, *differences, *moved, *_rent(account)]


def beside(account: SlotAccount) -> tuple[Column, Column]:
    """What is taken and fed in beside trades, as far as both sides match. Two of shape (sites,), Wh, of equal sum."""
    taken_wh, fed_wh = account.import_wh - account.delivery.bought_wh, account.export_wh - account.delivery.sold_wh
    matched_wh = min(int(taken_wh.sum()), int(fed_wh.sum()))
    return split_column(matched_wh, taken_wh), split_column(matched_wh, fed_wh)


def _each(account: SlotAccount, kind: str, amounts_ujpy: Column, *, pays: bool) -> Iterator[Transfer]:
    for site_id, amount in zip(account.site_ids, amounts_ujpy.tolist(), strict=True):
        parties = (member(site_id), ISLAND) if pays else (ISLAND, member(site_id))
        if amount:
            yield Transfer(f"{account.slot}:{kind}:{site_id}", *parties, amount, kind, account.slot)


def _rent(account: SlotAccount) -> Iterator[Transfer]:
    """What buyers paid at their nodes beyond what sellers got at theirs, as in any slot."""
    rent_ujpy = int((account.delivery.bought_wh - account.delivery.sold_wh) @ account.price_mjpy_per_kwh)
    parties = (ISLAND, CONGESTION) if rent_ujpy > 0 else (CONGESTION, ISLAND)
    if rent_ujpy:
        name = f"{account.slot}:island_congestion"
        yield Transfer(name, *parties, abs(rent_ujpy), "island_congestion", account.slot, TransferState.POSTED)
