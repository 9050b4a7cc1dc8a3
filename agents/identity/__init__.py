"""The Identity agent: who may trade and up to which credit. No other agent overrules it."""
