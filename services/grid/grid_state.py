"""The state of the wires now, from what is on record."""

from datetime import datetime

from sqlalchemy import Connection

from domain.grid_state import GridState, state_of
from memory.grid import grid_signals
from services.grid.grid_signals import resumed


def grid_state(tx: Connection, now: datetime) -> GridState:
    """The state at a moment, for people and pages; what trading does follows from the signals themselves."""
    said = grid_signals.resumptions(tx)
    lifted = {name: max(each.at for each in said if each.signal == name) for name in resumed(said)}
    return state_of(grid_signals.every(tx), lifted, now)
