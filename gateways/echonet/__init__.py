"""ECHONET Lite: the home's own devices, spoken to over UDP 3610."""
