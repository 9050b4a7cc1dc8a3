"""What a token opens (RFC 8707): the API or the MCP server of this market, never both and nothing else."""

from enum import StrEnum


class Resource(StrEnum):
    """The path under the market's origin that a token is good for."""

    API = "/api/v1"
    MCP = "/mcp"

    def url(self, origin: str) -> str:
        """Its name, as clients ask for it."""
        return origin + self


def resource_of(url: str, origin: str) -> Resource | None:
    """The resource of that name, None when there is none; a closing slash is no difference."""
    return next((each for each in Resource if each.url(origin) == url.rstrip("/")), None)
