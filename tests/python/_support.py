"""Names that several of the framework's test files use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLE_APP = Path(__file__).parents[2] / "python" / "app"

AppWriter = Callable[..., Path]

Ask = Callable[..., Any]


def details(answer: Any) -> list[tuple[str, str]]:
    """Place and reason of each fault that a 422 names."""
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "request_id", "details"}
    return [(fault["place"], fault["reason"]) for fault in answer.json()["details"]]
