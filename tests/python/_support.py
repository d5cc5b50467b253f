"""Names that several of the framework's test files use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from typhon import Request

EXAMPLE_APP = Path(__file__).parents[2] / "python" / "app"

AppWriter = Callable[..., Path]

Ask = Callable[..., Any]


def details(answer: Any) -> list[tuple[str, str]]:
    """Place and reason of each fault that a 422 names."""
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "request_id", "details"}
    return [(fault["place"], fault["reason"]) for fault in answer.json()["details"]]


def plain(request: Request) -> Any:
    return {"ok": True}


async def coroutine(request: Request) -> Any:
    await asyncio.sleep(0)
    return {"ok": True}


# For a test that is made with a plain handler and with a coroutine.
both_kinds = pytest.mark.parametrize("handler", [plain, coroutine])
