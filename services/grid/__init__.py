"""The grid in the trading day: operators' signals, limits, plans, and what the check of a slot found."""
