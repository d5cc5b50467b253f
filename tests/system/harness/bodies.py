"""Bodies in pieces for the application of tests/system/apps/uploads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.raw import Connection
from harness.server import Server

MEBI = 1 << 20
BLOCK = os.urandom(MEBI)
BOTH = pytest.mark.parametrize("kind", ["", "async/"], ids=["thread", "async"])
FRAMED = pytest.mark.parametrize("framing", ["length", "chunked"])


def go(server: Server) -> None:
    """Lets the slow handlers read on."""
    Path(f"{server.app}.go").touch()


def blocks(count: int) -> Iterator[bytes]:
    """So many MiB."""
    for _ in range(count):
        yield BLOCK


def head(path: str, *fields: str) -> str:
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"POST /python/{path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n"


def begin(server: Server, path: str, *fields: str) -> Connection:
    """A connection that has sent the head of a request."""
    connection = Connection(server.port)
    connection.send(head(path, *fields))
    return connection


def in_flight(server: Server) -> int:
    return sum(worker["in_flight"] for worker in server.status()["workers"])
