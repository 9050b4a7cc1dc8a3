"""Tables of who may sign in: accounts, sessions, keys, tokens, grants and sealed secrets."""
