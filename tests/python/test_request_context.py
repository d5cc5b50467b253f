"""A request in a test has context variables of its own, as on a worker."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from typhon import Request, route
from typhon.testing import TestClient

_user = ContextVar("_user", default="nobody")


def plain(request: Request) -> list[str]:
    before = _user.get()
    _user.set(request.query_params["user"])
    return [before, _user.get()]


async def coroutine(request: Request) -> list[str]:
    return plain(request)


@pytest.mark.parametrize("handler", [plain, coroutine])
def test_what_a_handler_sets_is_gone_with_its_request(
    client: Callable[..., TestClient], handler: Any
) -> None:
    route("/python/x")(handler)
    made = client()
    for user in ("ada", "bob"):
        assert made.get("/python/x", params={"user": user}).json() == ["nobody", user]
    assert _user.get() == "nobody"
