"""The chain: one durable EVM inside the process, any EVM behind JSON-RPC, and the ledger contract used on either.

Heavy packages are imported when a chain is opened, not when these modules are.
"""
