"""Middleware: around which handlers it runs, and what becomes of what it returns, yields and raises."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from _support import both_kinds, plain
from typhon import (
    Request,
    Response,
    abort,
    before_request,
    current_request,
    error_handler,
    middleware,
    route,
)
from typhon._finish import finished
from typhon.routing import table


@both_kinds
def test_a_plain_middleware_calls_the_next(client: Any, handler: Any) -> None:
    @middleware
    def timed(request: Request, call_next: Callable[[Request], Response]) -> Response:
        time.sleep(0)  # it may block, around coroutines too
        response = call_next(request)
        response.headers["X-Thread"] = threading.current_thread().name
        response.headers["X-Request"] = str(current_request() is request)
        return response

    route("/python/x")(handler)
    answer = client().get("/python/x")
    assert answer.json() == {"ok": True}
    assert answer.headers["x-request"] == "True"


@both_kinds
def test_an_async_middleware_makes_every_route_a_coroutine(client: Any, handler: Any) -> None:
    @middleware
    async def timed(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["X-Seen"] = "1"
        return response

    route("/python/x")(handler)
    assert [spec.mode for spec in finished(table.routes())] == ["async"]
    answer = client().get("/python/x")
    assert (answer.json(), answer.headers["x-seen"]) == ({"ok": True}, "1")


def test_a_plain_handler_under_an_async_middleware_may_block_and_knows_its_request(client: Any) -> None:
    @middleware
    async def nothing(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @route("/python/x", use_process_pool=True)
    def waits(request: Request, pool: Any) -> Any:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        assert current_request() is request
        return pool.submit(int, "7")

    assert client().get("/python/x").json() == 7


@both_kinds
def test_a_generator_middleware_may_answer_itself_catch_and_replace(client: Any, handler: Any) -> None:
    @middleware
    def around(request: Request) -> Generator[None, Response, Any]:
        if "early" in request.query_params:
            return "early", 202
        try:
            yield
        except ValueError as error:
            return {"caught": str(error)}
        return Response("late") if "late" in request.query_params else None

    @before_request
    def fail(request: Request) -> None:
        if "fail" in request.query_params:
            raise ValueError("bad")

    route("/python/x")(handler)
    made = client()
    assert made.get("/python/x").json() == {"ok": True}
    assert (made.get("/python/x?early=").text, made.get("/python/x?early=").status_code) == ("early", 202)
    assert made.get("/python/x?late=").text == "late"
    assert made.get("/python/x?fail=").json() == {"caught": "bad"}


@both_kinds
def test_a_middleware_that_aborts_is_an_answer_that_error_handlers_see(client: Any, handler: Any) -> None:
    @middleware
    def refuse(request: Request, call_next: Any) -> Any:
        abort(401)

    error_handler(401)(lambda request, error: {"login": True})
    route("/python/x")(handler)
    answer = client().get("/python/x")
    assert (answer.status_code, answer.json()) == (401, {"login": True})


def test_a_middleware_that_yields_twice_is_a_500_with_its_name(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    @middleware
    def twice(request: Request) -> Generator[None, Response, None]:
        yield
        yield

    route("/python/x")(plain)
    assert client().get("/python/x").status_code == 500
    assert "twice yields more than once" in capsys.readouterr().err
