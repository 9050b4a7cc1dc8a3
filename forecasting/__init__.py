"""Readings to expectations: what each site will use and make, as quantiles and a mean, and how good that was.

``baseline`` is the seasonal answer anybody can check by hand; ``load`` and ``solar`` learn one global model each over
all series; ``model`` trains, keeps and applies both; ``scoring`` compares them. Energy is whole Wh of a slot.
How long a slot is, a history says; a model serves the length it was trained on.
"""
