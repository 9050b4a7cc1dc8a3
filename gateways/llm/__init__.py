"""Who puts cases and trades into words: an OpenAI-compatible model, or a template that says it is one.

A writer writes. It never computes a price, never approves a case and never sees a secret; what it was shown and what
it answers are both data.
"""
