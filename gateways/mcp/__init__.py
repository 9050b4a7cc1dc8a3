"""The MCP server under ``/mcp``: any assistant reads its member's market and trades inside the mandate.

Every tool goes through the services that the API uses, under the scopes that the member granted.
"""
