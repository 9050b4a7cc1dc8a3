"""Tables of trading: forecasts, prices, orders, sessions, trades, contracts, negotiations."""
