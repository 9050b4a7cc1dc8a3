"""Tables of webhooks: who is told, and how far they have been told."""
