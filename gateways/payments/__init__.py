"""Files for and from banks and the retailer: who is paid and who pays, and what came of it."""
