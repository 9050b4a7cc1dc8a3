"""Charge points over OCPP 1.6J and 2.0.1: the market is their central system."""
