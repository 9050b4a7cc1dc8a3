"""A month's bill: what was posted, layer by layer, each line with its rule; tax and yen once, at the end."""
