"""Coroutine functions in each form in which they can be handed over."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest

from typhon import Depends, Request, after_request, on_startup, route, websocket
from typhon._callables import function_of, is_async, is_async_generator, name_of
from typhon.routing import table
from typhon.testing import TestClient


async def answer(key: str, request: Request) -> Any:
    await asyncio.sleep(0)
    return key


async def pieces(key: str, request: Request) -> AsyncIterator[str]:
    yield key


class Object:
    async def __call__(self, request: Request) -> Any:
        return await answer("object", request)

    async def method(self, request: Request) -> Any:
        return await answer("method", request)


class Pieces:
    async def __call__(self) -> AsyncIterator[str]:
        yield "a"


def plain() -> None: ...


@pytest.mark.parametrize(
    ("call", "kinds"),
    [
        (answer, (True, False)),
        (functools.partial(functools.partial(answer, "a"), None), (True, False)),
        (Object(), (True, False)),
        (Object().method, (True, False)),
        (functools.partial(Object()), (True, False)),
        (functools.partial(Object().method), (True, False)),
        (Object, (False, False)),
        (pieces, (False, True)),
        (functools.partial(pieces, "a"), (False, True)),
        (Pieces(), (False, True)),
        (plain, (False, False)),
        (functools.partial(plain), (False, False)),
        (lambda: answer("a", None), (False, False)),  # type: ignore[arg-type]
        (len, (False, False)),
    ],
)
def test_what_calling_something_makes(call: Any, kinds: tuple[bool, bool]) -> None:
    assert (is_async(call), is_async_generator(call)) == kinds


def test_messages_name_what_lies_below_a_partial() -> None:
    assert name_of(functools.partial(answer, "a")) == f"{__name__}.answer"
    assert name_of(Object()) == f"{__name__}.Object"
    assert function_of(functools.partial(answer, "a")) is answer


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (functools.partial(answer, "partial"), "partial"),
        (functools.partial(pieces, "pieces"), "pieces"),
        (functools.partial(Object()), "object"),
        (Object().method, "method"),
    ],
)
def test_a_handler_of_each_form_is_served(handler: Any, text: str) -> None:
    route("/python/x")(handler)

    @after_request
    async def look(request: Request, response: Any) -> None:
        response.headers["X-Seen"] = "1"

    assert table.routes()[0].mode == "async"
    with TestClient() as client:
        made = client.get("/python/x")
    assert (made.text, made.headers["x-seen"]) == (text, "1")


def test_a_websocket_may_be_served_by_a_partial() -> None:
    async def echo(word: str, ws: Any) -> None:
        await ws.send(word)

    websocket("/python/ws")(functools.partial(echo, "hello"))
    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        assert ws.receive() == "hello"


def test_a_startup_hook_of_each_form_runs() -> None:
    seen: list[str] = []

    async def connect(name: str) -> None:
        await asyncio.sleep(0)
        seen.append(name)

    on_startup(functools.partial(connect, "db"))
    with TestClient():
        assert seen == ["db"]


def test_a_startup_hook_that_would_never_run_fails_the_start() -> None:
    async def connect() -> None:
        raise AssertionError

    on_startup(lambda: connect())
    with pytest.raises(TypeError, match="returned a coroutine, which is not awaited here"), TestClient():
        pass


def test_a_dependency_that_would_never_run_is_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    @route("/python/x")
    async def handler(request: Request, user: Annotated[Any, Depends(lambda r: answer("a", r))]) -> Any:
        raise AssertionError

    with TestClient() as client:
        assert client.get("/python/x").status_code == 500
    assert "which is not awaited here" in capsys.readouterr().err
