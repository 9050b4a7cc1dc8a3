"""The words of the trade: what every other floor speaks. Nothing here knows a clock, a database or a network."""
