"""The doors on the broker: meters' readings come in, homes see their market and may pause it."""
