"""Vehicles at the members' chargers: when they are there, how they charge, and what trading changed of it."""
