"""Tables of devices: keys, certificates, credentials, readings in partitions, set-points."""
