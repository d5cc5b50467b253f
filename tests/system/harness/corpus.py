"""The raw requests of tests/http, with what must become of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[2] / "http"
HOP_BY_HOP = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


@dataclass(frozen=True)
class Case:
    """One file of requests; tests/http/README.md explains the keys of `expected`."""

    name: str
    data: bytes
    expected: dict[str, Any]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Those that are read, in order."""
        requests: list[dict[str, Any]] = self.expected["requests"]
        return requests

    @property
    def refused(self) -> int | None:
        """The status of the refusal that ends the connection."""
        return self.expected.get("refused")

    @property
    def ends(self) -> bool:
        """Whether the server ends the connection."""
        return any(self.expected.get(key) for key in ("closes", "refused", "cut"))


def cases() -> Iterator[Case]:
    """All of them, by name."""
    for path in sorted(CORPUS.glob("*valid/*.http")):
        expected = json.loads(path.with_suffix(".json").read_text())
        yield Case(f"{path.parent.name}/{path.stem}", path.read_bytes(), expected)
