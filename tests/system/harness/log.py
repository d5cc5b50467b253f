"""The log of a server, and what in it is an error."""

from __future__ import annotations

import re
from pathlib import Path

ERROR_LINE = re.compile(
    r"\] (?:error|critical): |^\[error\] |^Traceback |^Fatal Python error"
    r"|Sanitizer|runtime error:|terminate called"
)


class Log:
    """A growing file of lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._allowed: list[re.Pattern[str]] = []

    def text(self) -> str:
        """All of it so far."""
        return self.path.read_text("utf-8", "replace") if self.path.exists() else ""

    def allow(self, *patterns: str) -> None:
        """Error lines that a test expects."""
        self._allowed += [re.compile(pattern) for pattern in patterns]

    def errors(self) -> list[str]:
        """The error lines that no test expects."""
        lines = [line for line in self.text().splitlines() if ERROR_LINE.search(line)]
        return [line for line in lines if not any(pattern.search(line) for pattern in self._allowed)]

    def __contains__(self, text: str) -> bool:
        return text in self.text()
