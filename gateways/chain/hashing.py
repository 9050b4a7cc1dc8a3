"""Which Keccak the Ethereum packages use.

Left alone they take the slower of the installed ones (six to eight times slower, measured). The choice is read from
the environment when the first hash is taken, so it is made before any of them is imported.
"""

import os


def choose_hashing() -> None:
    """Ask for pysha3, unless the person who started the program asked for another."""
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
