"""The Runtime agent: forecasts, bids, clears and drafts. It never moves money and never touches the outside."""
