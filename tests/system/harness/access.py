"""The access log of a server, as the tests read it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

# A quoted text holds no quote that is not escaped.
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
TEXT_LINE = re.compile(
    r"(?P<client>\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
    + _QUOTED.replace("(", "(?P<request>", 1)
    + r" (?P<status>\d{3}) (?P<bytes>\d+) "
    + _QUOTED.replace("(", "(?P<referer>", 1)
    + " "
    + _QUOTED.replace("(", "(?P<agent>", 1)
    + r" id=(?P<id>\S+) route=(?P<route>\S+) worker=(?P<worker>\d+|-) queue_ms=(?P<queue>[\d.]+|-)"
    r" handler_ms=(?P<handler>[\d.]+|-) total_ms=(?P<total>[\d.]+) end=(?P<end>[a-z-]+)"
)


class AccessLog:
    """A file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[dict[str, Any]]:
        """Those that are whole."""
        if not self.path.exists():
            return []
        *whole, _ = self.path.read_bytes().split(b"\n")
        return [json.loads(line) for line in whole]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Those of the requests with this id."""
        return [line for line in self.lines() if line["request_id"] == name]

    def wait_for(self, name: str) -> dict[str, Any]:
        """Waits for the line of the request with this id, of which there is one."""
        (line,) = wait_for(lambda: self.of(name), f"a line of {name} in {self.path}")
        return dict(line)


class Logged:
    """A server of tests/system/apps/logged with an access log of JSON lines."""

    def __init__(self, start: Starter, directory: Path, **flags: Any) -> None:
        self.log = AccessLog(directory / "access.log")
        files = directory / "files"
        files.mkdir()
        (files / "page.html").write_text("<p>" * 10_000)
        options = {"access_log": "json", "access_log_file": self.log.path, "static": f"/files={files}"}
        self.server: Server = start(start.app("logged"), **options | flags)
        self.server.log.allow(r"^\[error\] request")
        self._number = 0

    def ask(self, path: str, method: str = "GET", **more: Any) -> tuple[dict[str, Any], bytes]:
        """Asks under a name of its own; the line and the body."""
        self._number += 1
        name = f"r{self._number}"
        headers = {"X-Request-Id": name} | more.pop("headers", {})
        answer = self.server.client.request(method, path, headers=headers, **more)
        line = self.log.wait_for(name)
        assert line["status"] == answer.status_code
        return line, answer.content
