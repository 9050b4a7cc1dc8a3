"""A typed client of Gridpact's API, for programs of others: it imports nothing of ours.

``client.api`` is written by ``make client`` from the API's own description; the rest is by hand.
"""
