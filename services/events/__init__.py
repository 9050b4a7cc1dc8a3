"""What happened, told to the outside: the public stream of events, and webhooks."""
