"""The call auction of one market and slot: who is admitted, who trades at which price, and who with whom."""
