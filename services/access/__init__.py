"""Who is asking: accounts, passkeys, sign-in, keys, tokens and the vault."""
