"""The name under which a slot's commitments are kept."""


def thread_of(market: str, slot: int) -> str:
    """The name of a slot's graph run."""
    return f"slot:{market}:{slot}"
