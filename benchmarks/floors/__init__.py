"""Floors: the least work a part cannot do without, written once in plain numpy and then left alone."""
