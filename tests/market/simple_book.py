"""The continuous double auction written to be read: plain lists, sorted anew when asked. The oracle of the tests."""

from dataclasses import dataclass

from market.continuous.book import Terms
from market.continuous.command import REFUSALS, Command, CommandKind

CODES = [refusal.code for refusal in REFUSALS]


@dataclass
class Open:
    """An order as it stands."""

    id: int
    party: int
    side: int
    limit: int
    left: int
    filled: int
    until: int
    turn: int


class SimpleBook:
    """Every law of the market once more, in the fewest words."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.now, self.turn, self.events = terms, terms.opens, 0, 0
        self.open: dict[int, Open] = {}
        self.seen: dict[int, Open] = {}
        self.trades: list[tuple[int, ...]] = []
        self.prevented = 0

    def apply(self, command: Command) -> set[str]:
        """Apply it, or say everything that is wrong with it."""
        wrong, self.prevented = self.wrong(command), 0
        if wrong:
            return wrong
        self.now = command.moment
        self.open = {order.id: order for order in self.open.values() if self.lasts(order)}
        if command.kind == CommandKind.SUBMIT:
            self.seen[command.order] = Open(
                command.order, command.party, command.side, command.limit_mjpy_per_kwh,
                command.energy_wh, 0, command.until, 0,
            )  # fmt: skip
            self.arrive(self.seen[command.order])
        elif command.kind == CommandKind.CANCEL:
            del self.open[command.order]
        elif command.kind == CommandKind.AMEND:
            self.amend(self.open[command.order], command)
        self.events += 1
        return set()

    def lasts(self, order: Open) -> bool:
        return order.until > self.now or order.until >= self.terms.closes

    def amend(self, order: Open, command: Command) -> None:
        left = command.energy_wh - order.filled
        if command.limit_mjpy_per_kwh == order.limit and left <= order.left:
            order.left = left
            return
        del self.open[order.id]
        order.limit, order.left = command.limit_mjpy_per_kwh, left
        self.arrive(order)

    def arrive(self, order: Open) -> None:
        self.turn += 1
        order.turn = self.turn
        for other in self.queue(1 - order.side):
            crosses = other.limit <= order.limit if order.side == 0 else other.limit >= order.limit
            if not crosses or not order.left:
                break
            if other.party == order.party:
                self.prevented, order.left = order.left, 0
                break
            self.trade(order, other)
        if order.left:
            self.open[order.id] = order

    def trade(self, order: Open, other: Open) -> None:
        energy = min(order.left, other.left)
        seller, buyer = (order, other) if order.side else (other, order)
        self.trades.append(
            (
                self.events,
                seller.id,
                buyer.id,
                seller.party,
                buyer.party,
                seller.limit,
                buyer.limit,
                other.limit,
                energy,
            )
        )
        for each in (order, other):
            each.left -= energy
            each.filled += energy
        if not other.left:
            del self.open[other.id]

    def queue(self, side: int) -> list[Open]:
        """One side by priority."""
        mine = [order for order in self.open.values() if order.side == side]
        return sorted(mine, key=lambda order: (order.limit if side else -order.limit, order.turn))

    def resting(self) -> list[tuple[int, ...]]:
        return [
            (order.id, order.party, order.side, order.limit, order.left, order.filled, order.until)
            for order in (*self.queue(0), *self.queue(1))
        ]

    def wrong(self, command: Command) -> set[str]:
        """The codes of all faults."""
        if command.kind not in set(CommandKind):
            return {"unknown_kind"}
        terms, expires = self.terms, command.kind == CommandKind.EXPIRE
        order = self.open.get(command.order)
        if order is not None and order.until <= command.moment:
            order = None
        checks = {
            "time_goes_back": command.moment < self.now,
            "before_opening": command.moment < terms.opens,
            "after_close": self.now == terms.closes or command.moment >= terms.closes + expires,
        }
        if command.kind == CommandKind.SUBMIT:
            checks["duplicate_order"] = command.order in self.seen
            checks["unknown_side"] = command.side not in (0, 1)
            checks["until_passed"] = command.until <= command.moment
            checks["book_full"] = len(self.seen) == terms.orders_max
        elif not expires:
            checks["unknown_order"] = order is None
            checks["wrong_party"] = order is not None and order.party != command.party
        if command.kind == CommandKind.AMEND:
            checks["already_filled"] = order is not None and 0 < command.energy_wh <= order.filled
        if command.kind in (CommandKind.SUBMIT, CommandKind.AMEND):
            checks["energy_not_positive"] = command.energy_wh <= 0
            checks["energy_above_max"] = command.energy_wh > terms.energy_max_wh
            checks["off_tick"] = command.limit_mjpy_per_kwh % terms.tick_mjpy_per_kwh != 0
            checks["outside_corridor"] = not terms.corridor.contains(command.limit_mjpy_per_kwh)
        return {code for code, holds in checks.items() if holds}


def codes(refused: int) -> set[str]:
    """The codes of a refusal's bits."""
    return {code for bit, code in enumerate(CODES) if refused >> bit & 1}
