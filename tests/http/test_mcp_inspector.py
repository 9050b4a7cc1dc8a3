"""The MCP Inspector, which others wrote, in front of our server; its strict mode judges the tools' schemas."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from assistant import Assistant, assistant_of, open_market
from mcp import Client

from gateways.mcp.server import TOOLS
from memory.database import Database

PAGE = Path(__file__).parents[2] / "docs/integrate/mcp.md"
PEER = Path(__file__).parents[1] / "peers/mcp-inspector/node_modules"
INSPECTOR = PEER / ".bin/mcp-inspector"


@pytest.fixture
def assistant(database: Database, tmp_path: Path) -> Iterator[Assistant]:
    with assistant_of(open_market(database, tmp_path)) as made:
        yield made


def node_here() -> str:
    """The Node that the Inspector needs; without it the test is skipped."""
    nodes = sorted(PEER.glob("node-linux-*/bin/node"))
    if not nodes:
        pytest.skip("no MCP Inspector: make peers")
    return str(nodes[0])


def inspected(node: str, assistant: Assistant, token: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """What the Inspector says, run by the Node that it needs."""
    address = f"{assistant.origin}/mcp"
    header = ("--header", f"Authorization: Bearer {token}")
    command = [node, str(INSPECTOR), "--cli", address, "--transport", "http", *header, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_inspector_lists_calls_and_finds_no_fault(assistant: Assistant) -> None:
    """Every tool with schemas that its strict mode finds portable; a call that looks; a token that opens nothing."""
    node = node_here()

    async def look(client: Client) -> Any:
        return await client.list_tools()

    assistant.talk(look)
    assert assistant.kept.tokens is not None
    token = assistant.kept.tokens.access_token
    listed = inspected(node, assistant, token, "--strict", "--method", "tools/list")
    assert listed.returncode == 0, listed.stderr
    assert [each["name"] for each in json.loads(listed.stdout)["tools"]] == [each.name for each in TOOLS]
    called = inspected(
        node, assistant, token, "--method", "tools/call", "--tool-name", "mandate", "--tool-arg", "site=S1"
    )
    assert called.returncode == 0, called.stderr
    assert json.loads(called.stdout)["structuredContent"]["sell_min_mjpy_per_kwh"] == 8_600
    assert inspected(node, assistant, "gpa_guess", "--method", "tools/list").returncode != 0


def commands() -> list[str]:
    """What the page for integrators tells to type."""
    block: str = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)[0]
    return block.replace("\\\n", " ").strip().splitlines()


@pytest.mark.parametrize("command", commands(), ids=lambda each: str(each).split()[-1])
def test_the_page_s_commands_get_in_by_themselves(assistant: Assistant, tmp_path: Path, command: str) -> None:
    """The Inspector finds, registers, asks and returns by its own code; its person consents in a browser."""
    typed = command.replace("http://localhost:8480", assistant.origin).split()
    assert typed[:2] == ["npx", "@modelcontextprotocol/inspector"]
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\n")
    opener.chmod(0o755)
    places = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}", "MCP_AUTO_OPEN_ENABLED": "true"}
    with subprocess.Popen(
        [node_here(), str(INSPECTOR), *typed[2:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **places},
    ) as peer:
        assert peer.stderr is not None
        lines = iter(peer.stderr.readline, "")
        address = next(line.split()[-1] for line in lines if "/oauth/authorize?" in line)
        redirect = dict(parse_qsl(urlsplit(address).query))["redirect_uri"]
        assert httpx2.get(redirect, params=assistant.consents(address)).status_code == 200
        said, complaint = peer.communicate(timeout=60)
    assert peer.returncode == 0, complaint
    found = json.loads(said)
    assert "tools" in found or found["structuredContent"]["sites"][0]["site"] == "S1"
