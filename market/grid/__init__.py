"""The call auction on a radial feeder: limits, fees, losses and voltages, nodal prices, and the AC check after it."""
