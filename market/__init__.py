"""Orders to trades, pure: what a site offers, who may, at which price and with whom it trades; what batteries do."""
