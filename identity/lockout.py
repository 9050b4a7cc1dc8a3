"""How long whoever guesses must wait: free at first, then twice as long each time, up to a bound.

Failures are counted by account and by address. The bound keeps a stranger from locking somebody out for good, and the
wait is the same whether the account exists.
"""

from datetime import datetime, timedelta

FREE_OF_ACCOUNT = 5
FREE_OF_ADDRESS = 30
DELAY_MAX = timedelta(minutes=15)


def next_try_at(failures: int, last_at: datetime, free: int) -> datetime:
    """From when on the next attempt is looked at. free: how many failures cost no waiting."""
    if failures < free:
        return last_at
    doublings = min(failures - free, 20)  # 2^20 s is past every bound
    return last_at + min(timedelta(seconds=2**doublings), DELAY_MAX)
