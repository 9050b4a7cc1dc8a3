"""The demonstration's made-up members at the order desk: each gives its orders two slots before the slot's call."""

from domain.errors import InputRefused
from domain.site import DeviceKind
from market.continuous.command import CommandKind
from memory.books import steps
from services.context import TradeContext
from services.orders.market_view import own_limits
from services.orders.order_desk import STEP, Instruction, instruct, thread_of_key
from simulation.order_givers import OwnOrder, own_orders

AHEAD_SLOTS = 2


def give_orders(ctx: TradeContext, seed: int, slot: int) -> int:
    """Give the made-up orders for a slot whose book is open, once; how many the desk refused, as it may any order."""
    day = ctx.day_of(slot)
    with ctx.database.read() as tx:
        asks, bids = own_limits(tx, ctx, day)
    corridor, sites = ctx.rules.of(day).corridor, range(len(ctx.roster.sites))
    low, high = (asks + 9).tolist(), [min(each, corridor.cap) for each in bids.tolist()]
    with_roof = {device.site_id for device in ctx.roster.devices if device.kind is DeviceKind.PV}
    roofs = [at for at in sites if ctx.roster.ids[at] in with_roof]
    homes = [at for at in sites if ctx.roster.ids[at] not in with_roof]
    given = own_orders(seed, slot, _half_hour(ctx, slot), roofs, homes, low, high)
    refused = 0
    for said in _not_given([_instruction(ctx, each) for each in given], ctx):
        try:
            instruct(ctx.desk, said)
        except InputRefused:
            refused += 1
    return refused


def _half_hour(ctx: TradeContext, slot: int) -> int:
    return ctx.time.place_in_day(slot) * ctx.time.slot_min // 30


def _instruction(ctx: TradeContext, order: OwnOrder) -> Instruction:
    site = ctx.roster.sites[order.site]
    return Instruction(
        kind=CommandKind.SUBMIT,
        person=site.party_id,
        key=order.key,
        slot=order.slot,
        site_id=site.id,
        side=order.side,
        limit_mjpy_per_kwh=order.limit_mjpy_per_kwh,
        energy_wh=order.energy_wh,
    )


def _not_given(said: list[Instruction], ctx: TradeContext) -> list[Instruction]:
    """What comes after the last one that is done: one refused before it would meet another book now."""
    with ctx.database.read() as tx:
        done = steps.threads(tx, STEP)
    given = [at for at, each in enumerate(said) if thread_of_key(ctx.market, each.person, each.key) in done]
    return said[given[-1] + 1 :] if given else said
