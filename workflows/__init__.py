"""LangGraph graphs: a trading day slot by slot, and one durable thread for each case that people decide."""
