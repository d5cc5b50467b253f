"""The threads of an async chain: what is plain runs on them, and neither waits in a circle nor is lost."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest

from typhon import (
    EventStream,
    Request,
    Response,
    before_request,
    current_request,
    middleware,
    mount,
    route,
)
from typhon._finish import finished
from typhon._pieces import AsyncPieces, async_whole, whole
from typhon._threads import ThreadPieces
from typhon.results import answer_of, begun
from typhon.routing import table

AT_ONCE = 20

_user = ContextVar("_user", default="nobody")


def served() -> Callable[[Request], Awaitable[Response]]:
    """What a worker calls for the one route that has been declared."""
    call: Callable[[Request], Awaitable[Response]] = finished(table.routes())[0].call
    return call


def passes_on(request: Request, call_next: Callable[[Request], Response]) -> Response:
    return call_next(request)


async def nothing(request: Request) -> None:
    await asyncio.sleep(0)


def off_the_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


async def _text(path: str) -> str:
    answer = answer_of(await begun(await served()(Request("GET", path))))
    body = answer.body
    made: bytes = await async_whole(body) if isinstance(body, AsyncPieces) else whole(body)
    return made.decode()


def text_from_the_loop(path: str = "/python/x") -> str:
    """The answer of the one route, taken as the event loop of a worker takes it."""
    return asyncio.run(_text(path))


async def at_once(count: int) -> list[Response]:
    """The responses to requests at the same time, on a loop that has one thread of its own."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    call = served()
    return await asyncio.gather(*(call(Request("GET", "/python/x")) for _ in range(count)))


@pytest.mark.timeout(30)
def test_plain_middleware_around_a_coroutine_need_no_thread_of_each_other() -> None:
    """All requests are inside of both at the same time."""
    middleware(passes_on)
    middleware(lambda request, call_next: call_next(request))
    inside: list[Request] = []
    complete = asyncio.Event()

    @route("/python/x")
    async def waits_for_all(request: Request) -> str:
        inside.append(request)
        if len(inside) == AT_ONCE:
            complete.set()
        await complete.wait()
        return "done"

    assert [response.body for response in asyncio.run(at_once(AT_ONCE))] == ["done"] * AT_ONCE


@pytest.mark.timeout(30)
def test_a_plain_handler_gets_a_thread_whatever_middleware_waits_for_it() -> None:
    middleware(passes_on)
    before_request(nothing)
    route("/python/x")(lambda request: "done")
    assert [response.body for response in asyncio.run(at_once(AT_ONCE))] == ["done"] * AT_ONCE


def test_a_cancelled_request_cancels_the_handler_inside_of_plain_middleware() -> None:
    middleware(passes_on)
    middleware(lambda request, call_next: call_next(request))
    ended = []

    async def run() -> None:
        started = asyncio.Event()

        @route("/python/x")
        async def waits(request: Request) -> None:
            try:
                started.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append("handler")

        task = asyncio.ensure_future(served()(Request("GET", "/python/x")))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["handler"]

    asyncio.run(run())


def test_a_middleware_that_has_returned_can_call_nothing_any_more() -> None:
    kept: list[Callable[[Request], Response]] = []
    called = []

    @middleware
    def answers(request: Request, call_next: Callable[[Request], Response]) -> str:
        kept.append(call_next)
        return "early"

    @route("/python/x")
    async def handler(request: Request) -> None:
        called.append(request)

    def too_late() -> None:
        with pytest.raises(concurrent.futures.CancelledError):
            kept[0](Request())

    async def run() -> None:
        assert (await served()(Request("GET", "/python/x"))).body == "early"
        await asyncio.to_thread(too_late)

    asyncio.run(run())
    assert called == []


def test_what_a_plain_middleware_sets_in_a_context_variable_is_seen_inside(client: Any) -> None:
    @middleware
    def sets(request: Request, call_next: Callable[[Request], Response]) -> Response:
        _user.set("ada")
        return call_next(request)

    @route("/python/x")
    async def handler(request: Request) -> list[Any]:
        return [_user.get(), current_request() is request]

    assert client().get("/python/x").json() == ["ada", True]


def _pieces(request: Request) -> Iterator[str]:
    _user.set("ada")
    yield f"{off_the_loop()} "
    yield f"{off_the_loop()} {_user.get()} {current_request() is request}"


FORMS: dict[str, Callable[[Request], Any]] = {
    "alone": _pieces,
    "response": lambda request: Response(_pieces(request)),
    "tuple": lambda request: (_pieces(request), 200),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_pieces_of_a_plain_handler_are_made_off_the_loop_in_one_context(form: str) -> None:
    before_request(nothing)
    route("/python/x")(FORMS[form])
    assert text_from_the_loop() == "True True ada True"


def test_a_plain_handler_and_its_generator_share_a_context(client: Any) -> None:
    before_request(nothing)

    @route("/python/x")
    def handler(request: Request) -> Iterator[str]:
        _user.set("ada")
        return (_user.get() for _ in range(2))

    assert client().get("/python/x").text == "adaada"


def test_the_events_of_a_plain_handler_are_made_off_the_loop() -> None:
    before_request(nothing)
    route("/python/x")(lambda request: EventStream(str(off_the_loop()) for _ in range(2)))
    assert text_from_the_loop() == ":\n\n" + "data: True\n\n" * 2


def test_the_pieces_of_a_wsgi_application_are_made_off_the_loop() -> None:
    def application(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return (str(off_the_loop()).encode() for _ in range(2))

    before_request(nothing)
    mount("/python/mounted", application)
    assert text_from_the_loop("/python/mounted/x") == "TrueTrue"


def test_a_middleware_may_change_the_pieces_of_a_plain_handler(client: Any) -> None:
    before_request(nothing)

    @middleware
    def louder(request: Request) -> Any:
        response = yield
        response.body = (piece.upper() for piece in response.body)

    route("/python/x")(_pieces)
    assert client().get("/python/x").text == "TRUE TRUE ADA TRUE"


def test_a_plain_generator_is_closed_when_the_piece_that_it_makes_is_made() -> None:
    """The client leaves meanwhile: its task is cancelled."""
    making, may_go_on = threading.Event(), threading.Event()
    ended = []

    def pieces() -> Iterator[str]:
        try:
            yield "a"
            making.set()
            may_go_on.wait()
            yield "b"
        finally:
            ended.append(off_the_loop())

    async def run() -> None:
        body = await AsyncPieces.begin(ThreadPieces(pieces()))
        second = asyncio.ensure_future(anext(body))
        await asyncio.to_thread(making.wait)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        closing = asyncio.ensure_future(body.aclose())
        await asyncio.sleep(0)
        may_go_on.set()
        await closing

    asyncio.run(run())
    assert ended == [True]


@pytest.mark.timeout(30)
def test_a_plain_handler_that_raises_stop_iteration_is_a_500(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before_request(nothing)
    route("/python/x")(lambda request: next(iter([])))
    assert client().get("/python/x").status_code == 500
    assert "StopIteration" in capsys.readouterr().err
