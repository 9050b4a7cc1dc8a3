"""Files of the systems around the market: network operators', exchanges', balancing groups'."""
