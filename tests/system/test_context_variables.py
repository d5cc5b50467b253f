"""What a handler sets in a context variable is seen in its own request and in no other."""

from __future__ import annotations

import pytest

from harness.starter import Starter

APP = """
from contextvars import ContextVar
from typhon import before_request, route

user = ContextVar("user", default="nobody")

@before_request
def remember(request):
    found = user.get()
    user.set(request.query_params["user"])
    request.state.found = found

@route("/python/plain")
def plain(request):
    return [request.state.found, user.get()]

@route("/python/async")
async def coroutine(request):
    return [request.state.found, user.get()]

@route("/python/pieces")
def pieces(request):
    yield request.state.found + " "
    yield user.get()
"""


@pytest.mark.parametrize("kind", ["plain", "async", "pieces"])
def test_a_request_has_variables_of_its_own(start: Starter, kind: str) -> None:
    """More requests than the worker has threads, so that each thread has several."""
    server = start(start.app(variables=APP))
    for number in range(40):
        answer = server.client.get(f"/python/{kind}", params={"user": str(number)})
        expected = f"nobody {number}" if kind == "pieces" else f'["nobody","{number}"]'
        assert answer.text == expected
