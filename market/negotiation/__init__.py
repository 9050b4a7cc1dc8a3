"""Deals that are not standard: what is negotiated, how each side concedes, the protocol and its transcript."""
