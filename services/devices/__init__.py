"""Devices and what they send: keys, certificates, credentials, readings in, set-points out."""
