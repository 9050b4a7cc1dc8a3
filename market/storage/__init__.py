"""Batteries, vehicles and loads that can wait: the cheapest plan, what a kWh in store is worth, what to offer."""
