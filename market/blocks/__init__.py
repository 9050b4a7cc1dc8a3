"""Several slots cleared together: block orders, linked orders and loads that may run in one of several slots."""
