"""Why: the facts behind a price, an order's fate or a wish, and the words for them."""
