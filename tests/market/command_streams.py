"""Streams of commands for tests of the continuous book: few ids, parties and prices, so that all of it collides."""

import numpy as np
from hypothesis import strategies as st

from domain.tariff import Corridor
from market.continuous.book import Terms
from market.continuous.command import Command, CommandKind, Commands

TERMS = Terms(Corridor(95, 145), opens=10, closes=40, orders_max=12, tick_mjpy_per_kwh=10, energy_max_wh=1_000)
ODD = (-(2**63), -1, 0, 1, 2**62, 2**63 - 1)


@st.composite
def streams(draw: st.DrawFn, odd: bool = True, commands_max: int = 40) -> list[Command]:
    """Commands in the order of time; with ``odd`` some have one value that is off."""
    sane = st.builds(
        Command,
        kind=st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3]),
        moment=st.integers(0, 2),
        order=st.integers(1, 15),
        party=st.integers(1, 4),
        side=st.integers(0, 1),
        limit_mjpy_per_kwh=st.sampled_from(range(100, 141, 10)),
        energy_wh=st.integers(1, 9),
        until=st.sampled_from([12, 15, 20, 30, 39, 40, 99]),
    )
    commands, moment = [], TERMS.opens
    for command in draw(st.lists(sane, max_size=commands_max)):
        moment = min(moment + command.moment, TERMS.closes - 1)
        commands.append(command._replace(moment=moment))
    if odd and commands:
        for at in draw(st.lists(st.integers(0, len(commands) - 1), max_size=6)):
            field = draw(st.sampled_from(Commands._fields))
            value = draw(st.sampled_from(ODD) | st.integers(0, 200))
            commands[at] = commands[at]._replace(**{field: value})
    return commands


def zero_intelligence(chance: np.random.Generator, count: int, corridor: Corridor, tick: int = 10) -> Commands:
    """Orders of uniform random limit, side and energy, one party each, that stay until the closing call."""
    ticks = chance.integers(-(-corridor.floor // tick), corridor.cap // tick + 1, count)
    zeros, number = np.zeros(count, np.int64), np.arange(count)
    side, energy_wh = chance.integers(0, 2, count), chance.integers(50, 2_001, count)
    kind = np.full(count, CommandKind.SUBMIT, np.int64)
    return Commands(kind, zeros, number, number, side, ticks * tick, energy_wh, zeros + 2**40)
