"""ECHONET Lite: the home's own devices, spoken to over UDP 3610, and the hub that brings them to the market."""
