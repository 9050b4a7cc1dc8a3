"""Trades to documents and chain records: terms and their digest, the Merkle tree over a slot, the compiled contract.

Pure: nothing here talks to a chain. ``evm/`` holds the Solidity source and its committed artefact.
"""
